// Package dock connects to a Docker Engine. It finds the engine that the docker command would use, describes it, opens
// the connections that BuildKit needs, the engine's own or one elsewhere, and records what a session made on the engine, so
// that all of it can be removed and nothing else is ever touched.
//
// It does not build, run or measure anything: engine/solve, engine/run and engine/image do.
package dock

import (
	"context"
	"crypto/tls"
	"errors"
	"strings"
	"sync"
	"time"

	"github.com/docker/docker/client"

	"github.com/stagewatch/stagewatch/engine/builders"
	"github.com/stagewatch/stagewatch/engine/fault"
)

// Options choose an engine as the docker command's flags of the same names do. The zero value leaves the choice to the
// environment and the docker configuration.
type Options struct {
	// Host is --host: unix://, tcp://, ssh:// or npipe://.
	Host string
	// Context is --context: a name in `docker context ls`.
	Context string
	// Builder is --builder: what solves the builds, "default" for the engine's own BuildKit. See [builders.Choose].
	Builder string
	// Platform is what a builder elsewhere must build for, empty for the engine's own platform.
	Platform string
}

// Engine is a Docker Engine that answered.
type Engine struct {
	// Client is negotiated to the engine's API version.
	Client *client.Client
	// Host is the engine's address as a person would write it, such as "unix:///var/run/docker.sock".
	Host string
	// Local says that Host is a socket of this machine.
	Local bool
	// api is the newest version of the API that the engine offers, and tls how its address is dialled, nil for without.
	api string
	tls *tls.Config
	// reached is the way to its BuildKit, empty until that was asked for.
	reaching sync.Mutex
	reached  way
	// elsewhere is what builds in place of its BuildKit, nil for that one, and platform what that must build for.
	elsewhere *builders.Builder
	platform  string
	// origin says where the address was found, for a person who expected another engine; it is empty for the default.
	origin string
	// logs is a client for reading logs, nil if Client does that, too.
	logs *client.Client
}

// Time limits for the first answer. An ssh connection may ask for a login on the way.
const (
	answerWithin    = 10 * time.Second
	answerWithinSSH = 45 * time.Second
)

// Connect finds the engine and waits for its first answer, ten seconds at most, 45 over ssh. Its errors are of type
// [*fault.Error] and say what to do next.
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
	elsewhere, err := builders.Choose(opts.Builder, builders.Context{Name: ep.context, Host: ep.host}, Contexts())
	if err != nil {
		return nil, errors.Join(err, cli.Close())
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
		api:    ping.APIVersion,
		tls:    ep.tls,
		origin: ep.hintOrigin(),
		Host:   ep.host,

		elsewhere: elsewhere,
		platform:  opts.Platform,

		Local: ep.socket() != "" || strings.HasPrefix(ep.host, "npipe://"),
	}, nil
}

// Close closes idle connections to the engine. It stops nothing on it.
func (e *Engine) Close() error {
	if e.logs != nil {
		return errors.Join(e.logs.Close(), e.Client.Close())
	}
	return e.Client.Close()
}
