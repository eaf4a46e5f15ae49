package dock

import (
	"context"
	"io"
	"net"

	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/client"
)

// ContainerLogs is the engine's log of a container, as of [client.Client]. Of an engine on a socket of this machine
// it is read on a thread of its own: an app that logs as fast as it can is followed for half of the time that it
// takes otherwise.
func (e *Engine) ContainerLogs(ctx context.Context, id string, opts container.LogsOptions) (io.ReadCloser, error) {
	if e.logs != nil {
		return e.logs.ContainerLogs(ctx, id, opts)
	}
	return e.Client.ContainerLogs(ctx, id, opts)
}

// logClient returns a client for logs alone, nil where there is nothing better than the one for everything. It speaks
// the version of the API that version names.
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
