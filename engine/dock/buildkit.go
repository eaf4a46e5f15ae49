package dock

import (
	"context"
	"net"
	"time"

	"github.com/moby/buildkit/client"
	"google.golang.org/grpc"
	"google.golang.org/grpc/backoff"
)

// reconnectWithin is the longest pause between two attempts to reach BuildKit again. gRPC's own grows to two minutes,
// in which an engine that is back seems to be still away.
const reconnectWithin = 500 * time.Millisecond

// Reconnect makes a client of BuildKit find an engine that was restarted soon after it is back.
func Reconnect() client.ClientOpt {
	pause := backoff.Config{BaseDelay: 50 * time.Millisecond, Multiplier: 2, MaxDelay: reconnectWithin}
	return client.WithGRPCDialOption(grpc.WithConnectParams(grpc.ConnectParams{Backoff: pause, MinConnectTimeout: answerWithin}))
}

// DialGRPC opens BuildKit's API of the engine. It has the shape that BuildKit's client.WithContextDialer
// wants; the address that the client passes is of no use here.
func (e *Engine) DialGRPC(ctx context.Context, _ string) (net.Conn, error) {
	return e.Client.DialHijack(ctx, "/grpc", "h2c", nil)
}

// DialSession opens the way back on which BuildKit asks us for files, secrets and credentials. It has the
// shape that BuildKit's client.WithSessionDialer wants.
func (e *Engine) DialSession(ctx context.Context, proto string, meta map[string][]string) (net.Conn, error) {
	return e.Client.DialHijack(ctx, "/session", proto, meta)
}
