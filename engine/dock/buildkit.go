package dock

import (
	"context"
	"net"
	"time"

	"github.com/moby/buildkit/client"
	"google.golang.org/grpc"
	"google.golang.org/grpc/backoff"
)

// reconnectWithin is the longest pause between two attempts to reach BuildKit again. gRPC's own pause grows to two
// minutes, for which an engine that is back would still seem to be away.
const reconnectWithin = 500 * time.Millisecond

// Reconnect makes a client of BuildKit find a restarted engine soon after it is back.
func Reconnect() client.ClientOpt {
	pause := backoff.Config{BaseDelay: 50 * time.Millisecond, Multiplier: 2, MaxDelay: reconnectWithin}
	return client.WithGRPCDialOption(grpc.WithConnectParams(grpc.ConnectParams{Backoff: pause, MinConnectTimeout: answerWithin}))
}

// DialGRPC opens BuildKit's API of the engine. It has the signature that BuildKit's client.WithContextDialer needs; the
// address is ignored.
func (e *Engine) DialGRPC(ctx context.Context, _ string) (net.Conn, error) {
	return e.Client.DialHijack(ctx, "/grpc", "h2c", nil)
}

// DialSession opens the connection on which BuildKit asks us for files, secrets and credentials. It has the signature
// that BuildKit's client.WithSessionDialer needs.
func (e *Engine) DialSession(ctx context.Context, proto string, meta map[string][]string) (net.Conn, error) {
	return e.Client.DialHijack(ctx, "/session", proto, meta)
}
