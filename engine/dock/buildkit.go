package dock

import (
	"context"
	"net"
)

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
