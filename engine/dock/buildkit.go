package dock

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"slices"
	"strings"
	"time"

	"github.com/docker/docker/api/types/versions"
	docker "github.com/docker/docker/client"
	"github.com/moby/buildkit/client"
	"github.com/moby/buildkit/session"
	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"
	"google.golang.org/grpc"
	"google.golang.org/grpc/backoff"

	"github.com/stagewatch/stagewatch/engine/fault"
)

const (
	// reconnectWithin is the longest pause between two attempts to reach BuildKit again. gRPC's own pause grows to two
	// minutes, for which an engine that is back would still seem to be away.
	reconnectWithin = 500 * time.Millisecond
	// nativeAPI is the first version of the API on whose address an engine answers gRPC, too. There its older way,
	// connections that are taken over from HTTP/1, is to be removed.
	nativeAPI = "1.53"
)

// BuildKit is a client of an engine's BuildKit. It finds a restarted engine soon after it is back.
type BuildKit struct {
	*client.Client
	// DialSession opens the stream on which BuildKit asks us for files, secrets and credentials.
	DialSession session.Dialer
	// Home is the engine that images have to be brought to, nil where the BuildKit is the engine's own.
	Home *Engine
	// Platform is what is built there by default; it is zero where the BuildKit says that itself.
	Platform ocispecs.Platform
}

// way is how an engine's BuildKit is reached.
type way string

const (
	// overGRPC is gRPC on the engine's own address.
	overGRPC way = "gRPC"
	// overHTTP is HTTP/1 connections to /grpc and /session that are taken over.
	overHTTP way = "/grpc"
)

// BuildKit connects to what builds for the engine: a builder elsewhere, or the engine's own BuildKit. Where the engine may answer gRPC on its address, that is tried first:
// what lies between may not let it through. For an engine without BuildKit it returns an error that wraps
// [ErrNoBuildKit].
func (e *Engine) BuildKit(ctx context.Context) (*BuildKit, error) {
	e.reaching.Lock()
	defer e.reaching.Unlock()
	if e.elsewhere != nil {
		return e.goElsewhere(ctx)
	}
	if e.reached == "" {
		if err := e.reach(ctx); err != nil {
			return nil, err
		}
	}
	return e.buildKit(ctx, e.reached)
}

// reach finds the way to BuildKit.
func (e *Engine) reach(ctx context.Context) error {
	var refused error
	if versions.GreaterThanOrEqualTo(e.api, nativeAPI) {
		if refused = e.answers(ctx); refused == nil {
			e.reached = overGRPC
			return nil
		}
	}
	conn, err := e.dialGRPC(ctx, "")
	switch {
	case err == nil:
		e.reached = overHTTP
		return conn.Close()
	case !strings.Contains(err.Error(), "received 404"):
		return fmt.Errorf("reaching the engine's BuildKit: %w", Plain(err))
	case refused != nil:
		return &fault.Error{What: "reaching the BuildKit of the engine at " + e.Host, Err: fmt.Errorf("it answers neither gRPC on that address nor at %s, the older way", overHTTP),
			Hint: "A proxy in between may speak only HTTP/1. Name the engine's own address with --host or --context."}
	}
	return ErrNoBuildKit
}

// answers returns an error unless BuildKit answers gRPC on the engine's address.
func (e *Engine) answers(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, answerWithin)
	defer cancel()
	b, err := e.buildKit(ctx, overGRPC)
	if err != nil {
		return err
	}
	defer b.Close()
	_, err = b.ListWorkers(ctx)
	return err
}

func (e *Engine) buildKit(ctx context.Context, by way) (*BuildKit, error) {
	if by == overGRPC {
		return newBuildKit(ctx, e.dialNative, answerWithin)
	}
	b, err := newBuildKit(ctx, e.dialGRPC, answerWithin, client.WithSessionDialer(e.dialSession))
	if err != nil {
		return nil, err
	}
	b.DialSession = e.dialSession
	return b, nil
}

// newBuildKit returns a client that connects when it is first used.
func newBuildKit(ctx context.Context, dial func(context.Context, string) (net.Conn, error), within time.Duration, opts ...client.ClientOpt) (*BuildKit, error) {
	pause := backoff.Config{BaseDelay: 50 * time.Millisecond, Multiplier: 2, MaxDelay: reconnectWithin}
	reconnect := client.WithGRPCDialOption(grpc.WithConnectParams(grpc.ConnectParams{Backoff: pause, MinConnectTimeout: within}))
	c, err := client.New(ctx, "", append(opts, client.WithContextDialer(dial), reconnect, noticeEnd())...)
	if err != nil {
		return nil, fmt.Errorf("connecting to BuildKit: %w", err)
	}
	return &BuildKit{Client: c, DialSession: c.Dialer()}, nil
}

func (e *Engine) dialGRPC(ctx context.Context, _ string) (net.Conn, error) {
	return e.Client.DialHijack(ctx, "/grpc", "h2c", nil)
}

func (e *Engine) dialSession(ctx context.Context, proto string, meta map[string][]string) (net.Conn, error) {
	return e.Client.DialHijack(ctx, "/session", proto, meta)
}

// dialNative opens a connection for HTTP/2: by prior knowledge, or with TLS by what both ends agree on.
func (e *Engine) dialNative(ctx context.Context, _ string) (net.Conn, error) {
	if e.tls == nil {
		return e.Client.Dialer()(ctx)
	}
	host, err := docker.ParseHostURL(e.Host)
	if err != nil {
		return nil, err
	}
	cfg := e.tls.Clone()
	cfg.NextProtos = []string{"h2"}
	conn, err := (&tls.Dialer{Config: cfg}).DialContext(ctx, "tcp", host.Host)
	if err != nil {
		return nil, err
	}
	if agreed := conn.(*tls.Conn).ConnectionState().NegotiatedProtocol; agreed != "h2" {
		conn.Close()
		return nil, fmt.Errorf("the other end speaks %q in place of HTTP/2", agreed)
	}
	return conn, nil
}

// Name gives an image names, and returns them. An image that had one of them keeps its id: an export under that name would
// have taken it away, and on the containerd store an image without a name is deleted, even while a container of it runs.
func (e *Engine) Name(ctx context.Context, image string, names []string) ([]string, error) {
	for _, name := range names {
		if err := e.tag(ctx, image, name); err != nil {
			return nil, fmt.Errorf("naming the image %s: %w", name, Plain(err))
		}
	}
	return names, nil
}

// tag gives an image a name. The containerd store takes a name from one image and gives it to another in two steps; it fails
// where somebody else gets in between, who then has the name.
func (e *Engine) tag(ctx context.Context, image, name string) error {
	between := []string{"failed because it already exists", "failed to delete previous image", "after deleting the existing one"}
	const attempts = 10
	for attempt := 1; ; attempt++ {
		err := e.Client.ImageTag(ctx, image, name)
		if err == nil || attempt == attempts || !slices.ContainsFunc(between, func(s string) bool { return strings.Contains(err.Error(), s) }) {
			return err
		}
	}
}
