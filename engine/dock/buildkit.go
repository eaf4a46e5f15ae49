package dock

import (
	"context"
	"fmt"
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

// Name gives an image names, and returns them. An image that had one of them keeps its id: an export under that name would
// have taken it away, and on the containerd store an image without a name is deleted, even while a container of it runs.
func (e *Engine) Name(ctx context.Context, image string, names []string) ([]string, error) {
	for _, name := range names {
		if err := e.Client.ImageTag(ctx, image, name); err != nil {
			return nil, fmt.Errorf("naming the image %s: %w", name, Plain(err))
		}
	}
	return names, nil
}
