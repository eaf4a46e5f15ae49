package dock

import (
	"context"
	"fmt"
	"net"
	"sync"

	"github.com/containerd/platforms"
	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"

	"github.com/stagewatch/stagewatch/engine/builders"
)

// Builders returns what [Options.Builder] can name.
func Builders() []string { return builders.Names() }

// IsAddress reports whether an [Options.Builder] is an address, and no name.
func IsAddress(builder string) bool { return builders.IsAddress(builder) }

// Elsewhere says which builder builds for the engine in place of its own BuildKit, empty for that one.
func (e *Engine) Elsewhere() string {
	if e.elsewhere == nil {
		return ""
	}
	return e.elsewhere.String()
}

// goElsewhere connects to the builder, at the first of its nodes that builds for the wanted platform.
func (e *Engine) goElsewhere(ctx context.Context) (*BuildKit, error) {
	wanted, err := e.wanted(ctx)
	if err != nil {
		return nil, err
	}
	var failed error
	var others []ocispecs.Platform
	for _, w := range e.elsewhere.Ways(wanted) {
		b, has, err := e.try(ctx, w)
		switch {
		case err != nil:
			failed = err
			continue
		case builders.Builds(has, wanted):
			b.Home, b.Platform = e, platforms.Normalize(wanted)
			return b, nil
		}
		others = append(others, has...)
		b.Close()
	}
	if failed != nil {
		return nil, failed
	}
	return nil, e.elsewhere.WrongPlatform(wanted, others)
}

// wanted returns the platform that is built for.
func (e *Engine) wanted(ctx context.Context) (ocispecs.Platform, error) {
	if e.platform != "" {
		return platforms.Parse(e.platform)
	}
	info, err := e.Client.Info(ctx)
	if err != nil {
		return ocispecs.Platform{}, fmt.Errorf("reading the engine's description: %w", Plain(err))
	}
	return platforms.Normalize(ocispecs.Platform{OS: info.OSType, Architecture: info.Architecture}), nil
}

// try connects on one of the ways, and returns the platforms that are built there.
func (e *Engine) try(ctx context.Context, w builders.Way) (*BuildKit, []ocispecs.Platform, error) {
	var mu sync.Mutex
	var dialled error
	b, err := newBuildKit(ctx, func(ctx context.Context, _ string) (net.Conn, error) {
		conn, err := w.Dial(ctx)
		mu.Lock()
		defer mu.Unlock()
		dialled = err
		return conn, err
	}, w.Within)
	if err != nil {
		return nil, nil, err
	}
	asking, cancel := context.WithTimeout(ctx, w.Within)
	defer cancel()
	workers, err := b.ListWorkers(asking)
	if err != nil || len(workers) == 0 {
		if err == nil {
			err = fmt.Errorf("it has no worker")
		}
		mu.Lock()
		defer mu.Unlock()
		err = e.elsewhere.Explain(asking, w, dialled, err)
		b.Close()
		return nil, nil, err
	}
	if workers[0].BuildkitVersion.Version == "" {
		b.Close()
		return nil, nil, e.elsewhere.TooOld()
	}
	return b, w.Platforms(workers[0].Platforms), nil
}
