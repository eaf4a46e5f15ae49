package dock

import (
	"context"
	"io"
	"net"

	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/client"
)

// ContainerLogs returns a container's log as [client.Client] does. From an engine on a socket of this machine the log
// is read on a thread of its own, which halves the time that it takes to follow an app that logs as fast as it can.
func (e *Engine) ContainerLogs(ctx context.Context, id string, opts container.LogsOptions) (io.ReadCloser, error) {
	if e.logs != nil {
		return e.logs.ContainerLogs(ctx, id, opts)
	}
	return e.Client.ContainerLogs(ctx, id, opts)
}

// logClient returns a client for logs that uses the given version of the API, nil if it would be no better than the
// engine's other client.
func (ep endpoint) logClient(version string) (*client.Client, error) {
	if ep.socket() == "" || !threads {
		return nil, nil
	}
	options, err := ep.clientOptions()
	if err != nil {
		return nil, err
	}
	options = append(options, client.WithVersion(version), client.WithDialContext(func(ctx context.Context, _, _ string) (net.Conn, error) {
		return dialThread(ctx, ep.socket())
	}))
	return client.NewClientWithOpts(options...)
}
