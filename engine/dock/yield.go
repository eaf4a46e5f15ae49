package dock

import (
	"context"
	"sync"
	"time"

	controlapi "github.com/moby/buildkit/api/services/control"
	"github.com/moby/buildkit/client"
	"google.golang.org/grpc"
)

// endsWithin is how long an engine may take to end a solve that it was asked to end, before the call is canceled.
const endsWithin = 10 * time.Second

// Yielding runs a solve that gives way to others: when ctx ends, it calls yield and returns as soon as the engine is
// done with the solve. The context that solve gets does not end with ctx. A call that is canceled returns before the
// engine knows of it, and the next solve could still meet this one there; so yield makes the engine end it, by an
// error of the gateway or by taking the session away. Where yield returns true, nothing is waited for, and solve goes
// on alone.
//
// The client has to be one that was made with [NoticeEnd]. BuildKit's client returns later than the engine ends a
// solve: it waits five seconds for the rest of a progress that engines leave open where an export breaks off.
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

// solveEnd is the key of what a context has called when the engine has answered its solve.
type solveEnd struct{}

// NoticeEnd makes a client of BuildKit notice when the engine has ended a solve, for [Yielding].
func NoticeEnd() client.ClientOpt {
	return client.WithGRPCDialOption(grpc.WithChainUnaryInterceptor(
		func(ctx context.Context, method string, req, reply any, cc *grpc.ClientConn, invoke grpc.UnaryInvoker, opts ...grpc.CallOption) error {
			err := invoke(ctx, method, req, reply, cc, opts...)
			if ended, ok := ctx.Value(solveEnd{}).(func()); ok && method == controlapi.Control_Solve_FullMethodName {
				ended()
			}
			return err
		}))
}
