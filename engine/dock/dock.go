// Package dock is where stagewatch meets a Docker Engine: it finds the engine that the docker command would
// use, connects, tells what is there, opens the connections that BuildKit needs, and keeps the book of what
// a session made on the engine, so that nothing of ours is left behind and nothing else is ever touched.
//
// It does not build, run or measure anything: that is for engine/solve, engine/run and engine/image.
package dock

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/docker/docker/client"

	"github.com/stagewatch/stagewatch/engine/fault"
)

// Options choose an engine as the docker command's flags of the same names do. The zero value means: what
// the environment, and after it the docker configuration, say.
type Options struct {
	// Host is --host: unix://, tcp://, ssh:// or npipe://.
	Host string
	// Context is --context: a name out of `docker context ls`.
	Context string
}

// Engine is a Docker Engine that answered.
type Engine struct {
	// Client is negotiated to the engine's API version.
	Client *client.Client
	// Host is the engine's address as a person would write it, e.g. "unix:///var/run/docker.sock".
	Host string
	// Local is true where Host is a socket of this machine.
	Local bool
	// logs reads logs, nil where Client does.
	logs *client.Client
}

// Time limits for the first answer. An ssh connection asks for a login on the way.
const (
	answerWithin    = 10 * time.Second
	answerWithinSSH = 45 * time.Second
)

// Connect finds the engine and waits for its first answer: ten seconds at most, 45 over ssh.
// Errors are of type [*fault.Error] and say what to do next.
func Connect(ctx context.Context, opts Options) (*Engine, error) {
	ep, err := resolve(opts)
	if err != nil {
		return nil, err
	}
	options, err := ep.clientOptions()
	if err != nil {
		return nil, &fault.Error{What: "preparing the connection to " + ep.host, Hint: ep.hintOrigin(), Err: err}
	}
	cli, err := client.NewClientWithOpts(options...)
	if err != nil {
		return nil, &fault.Error{What: "preparing the connection to " + ep.host, Hint: ep.hintOrigin(), Err: err}
	}
	limit := answerWithin
	if ep.ssh() {
		limit = answerWithinSSH
	}
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	ping, err := cli.Ping(ctx)
	if err != nil {
		return nil, errors.Join(ep.explain(ctx, err), cli.Close())
	}
	cli.NegotiateAPIVersionPing(ping)
	logs, err := ep.logClient(cli.ClientVersion())
	if err != nil {
		return nil, &fault.Error{What: "preparing the connection to " + ep.host, Hint: ep.hintOrigin(), Err: errors.Join(err, cli.Close())}
	}
	return &Engine{
		Client: cli,
		logs:   logs,
		Host:   ep.host,
		Local:  ep.socket() != "" || strings.HasPrefix(ep.host, "npipe://"),
	}, nil
}

// Close lets go of idle connections to the engine. It stops nothing on it.
func (e *Engine) Close() error {
	if e.logs != nil {
		return errors.Join(e.logs.Close(), e.Client.Close())
	}
	return e.Client.Close()
}
