package dock

import (
	"context"
	"sync"
	"time"

	controlapi "github.com/moby/buildkit/api/services/control"
	"github.com/moby/buildkit/client"
	"google.golang.org/grpc"
)

// endsWithin is how long an engine may take to end a solve before the call is canceled.
const endsWithin = 10 * time.Second

// Yielding runs a solve that can be interrupted cleanly. When ctx ends, it calls yield and returns as soon as the
// engine has ended the solve. The context of the solve does not end with ctx: a call that is canceled returns before
// the engine knows of it, so that the next solve could still meet this one there. Instead yield makes the engine end
// it, by an error of the gateway or by closing the session. If yield returns true, Yielding returns at once and the
// solve goes on alone.
//
// The client must be of [Engine.BuildKit]. Another one returns later than the engine ends the solve: it waits five
// seconds for the rest of the progress, which engines leave open when an export breaks off.
func Yielding(ctx context.Context, solve func(context.Context) error, yield func() (leave bool)) error {
	ended := make(chan struct{})
	var once sync.Once
	solving := context.WithValue(context.WithoutCancel(ctx), solveEnd{}, func() { once.Do(func() { close(ended) }) })
	solving, cancel := context.WithCancel(solving)
	done := make(chan error, 1)
	go func() {
		defer cancel()
		done <- solve(solving)
	}()
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
	}
	if yield() {
		return context.Cause(ctx)
	}
	select {
	case <-done:
	case <-ended:
	case <-time.After(endsWithin):
		cancel()
		<-done
	}
	return context.Cause(ctx)
}

// solveEnd is the context key of the function to call when the engine has answered the solve.
type solveEnd struct{}

// noticeEnd makes a client of BuildKit notice when the engine has ended a solve, for [Yielding].
func noticeEnd() client.ClientOpt {
	return client.WithGRPCDialOption(grpc.WithChainUnaryInterceptor(
		func(ctx context.Context, method string, req, reply any, cc *grpc.ClientConn, invoke grpc.UnaryInvoker, opts ...grpc.CallOption) error {
			err := invoke(ctx, method, req, reply, cc, opts...)
			if ended, ok := ctx.Value(solveEnd{}).(func()); ok && method == controlapi.Control_Solve_FullMethodName {
				ended()
			}
			return err
		}))
}
