package engine

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"time"

	"github.com/docker/docker/api/types/events"
	"github.com/docker/docker/api/types/filters"
	"github.com/moby/buildkit/session"

	"github.com/stagewatch/stagewatch/engine/config"
	"github.com/stagewatch/stagewatch/engine/dock"
	"github.com/stagewatch/stagewatch/engine/event"
	"github.com/stagewatch/stagewatch/engine/fault"
	"github.com/stagewatch/stagewatch/engine/human"
	"github.com/stagewatch/stagewatch/engine/image"
	"github.com/stagewatch/stagewatch/engine/solve"
)

// connection is the engine and everything that is connected to it.
type connection struct {
	*solve.Builder
	engine  *dock.Engine
	session *dock.Session
	images  *image.Store
	reader  *image.Reader
	names   names
}

// connect finds the engine, begins a session on it, and removes what dead sessions left.
func connect(ctx context.Context, cfg config.Config, emit func(event.Body)) (*connection, error) {
	attachables, err := attach(cfg)
	if err != nil {
		return nil, err
	}
	e, err := dock.Connect(ctx, cfg.Engine)
	if err != nil {
		return nil, err
	}
	c := &connection{engine: e}
	info, err := e.Info(ctx)
	if err != nil {
		return nil, errors.Join(err, e.Close())
	}
	emit(info)
	if c.session = dock.NewSession(e.Host); c.session.Unkept != nil {
		emit(event.Warning{Code: event.CodeUnkept, Message: "the lock of this session can't be kept where the next start looks for it: " + c.session.Unkept.Error(),
			Hint: "After a crash something may be left on the engine. Make that folder one that can be written, or name another one with XDG_CACHE_HOME."})
	}
	swept, err := e.Sweep(ctx, c.session)
	if err != nil && ctx.Err() == nil {
		emit(event.Warning{Code: event.CodeLeftovers, Message: err.Error()})
	}
	if swept.Containers+swept.Images > 0 {
		emit(event.Warning{Code: event.CodeSwept, Message: fmt.Sprintf("removed what an earlier session left: %s, %s", human.Count(swept.Containers, "container"), human.Count(swept.Images, "image"))})
	}
	c.Builder, err = solve.New(ctx, e, attachables...)
	if err == nil {
		c.reader, err = image.NewReader(ctx, e, attachables...)
	}
	if err != nil {
		return nil, errors.Join(err, c.session.Close(), e.Close())
	}
	c.chooseNames(ctx, cfg, emit)
	c.images = image.New(e, c.session.ID, info.Store)
	return c, nil
}

// Pruned reports whether the engine's build cache has been pruned since then.
func (c *connection) Pruned(ctx context.Context, since time.Time) (bool, error) {
	return c.engine.Pruned(ctx, since)
}

// Alive asks the engine for a sign of life.
func (c *connection) Alive(ctx context.Context) error {
	_, err := c.engine.Client.Ping(ctx)
	return err
}

// Ping asks the engine and its BuildKit for a sign of life.
func (c *connection) Ping(ctx context.Context) error {
	if err := c.Alive(ctx); err != nil {
		return err
	}
	return c.Builder.Ping(ctx)
}

// Broken returns when the engine's stream of events breaks, or ctx ends. It asks for the session's events only, and
// reads none of them.
func (c *connection) Broken(ctx context.Context) {
	news, broken := c.engine.Client.Events(ctx, events.ListOptions{Filters: filters.NewArgs(filters.Arg("label", dock.Label+"="+c.session.ID))})
	for {
		select {
		case <-news:
		case <-broken:
			return
		}
	}
}

// Info returns which engine answers.
func (c *connection) Info(ctx context.Context) (event.Engine, error) { return c.engine.Info(ctx) }

// lateExport is how long an engine may take to notice that a solve was canceled. Until then it may still put the image
// into its store.
const lateExport = 500 * time.Millisecond

// cleanWithin bounds the cleaning up at the end.
const cleanWithin = 20 * time.Second

// quietWithin is how long an engine may go on writing an image that nobody waits for.
const quietWithin = 5 * time.Second

// close removes what the session made, except an image that was asked for by name, and disconnects. Busy: a solve was
// canceled just now.
func (c *connection) close(ctx context.Context, busy bool) error {
	end := c.session.Close
	err := c.clean(ctx, busy)
	if err != nil {
		err = &fault.Error{What: "cleaning up", Err: dock.Plain(err), Hint: "What is left carries our label: the next start removes it."}
		end = c.session.Leave
	}
	return errors.Join(err, c.reader.Close(), c.Builder.Close(), end(), c.engine.Close())
}

func (c *connection) clean(ctx context.Context, busy bool) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), cleanWithin)
	defer cancel()
	if silent(ctx, c) {
		return dock.ErrNoAnswer
	}
	quiet, hurry := context.WithTimeout(ctx, quietWithin)
	_ = c.Quiet(quiet)
	hurry()
	_, err := c.engine.Clean(ctx, c.session)
	if busy {
		// There is no notice of the engine being done with it.
		time.Sleep(lateExport)
		_, err = c.engine.Clean(ctx, c.session)
	}
	// A session that was killed just before this one began may have had its engine make something after we looked.
	_, _ = c.engine.Sweep(ctx, c.session)
	return err
}

// attach returns what gives builds their secrets, ssh agents and registry credentials.
func attach(cfg config.Config) ([]session.Attachable, error) {
	var out []session.Attachable
	out = append(out, solve.Credentials())
	if len(cfg.Secrets) > 0 {
		a, err := solve.Secrets(cfg.Secrets)
		if err != nil {
			return nil, &fault.Error{What: "reading --secret " + strings.Join(cfg.Secrets, " "), Err: unwrapped(err), Hint: "Write --secret id=NAME,src=FILE or --secret id=NAME,env=VARIABLE."}
		}
		out = append(out, a)
	}
	if len(cfg.SSH) > 0 {
		a, err := solve.SSH(cfg.SSH)
		if err != nil {
			return nil, &fault.Error{What: "reading --ssh " + strings.Join(cfg.SSH, " "), Err: unwrapped(err), Hint: "Write --ssh default or --ssh NAME=SOCKET."}
		}
		out = append(out, a)
	}
	return out, nil
}

// unwrapped returns the system's own error about a file where that is the cause, without what libraries put around it.
func unwrapped(err error) error {
	var at *fs.PathError
	if errors.As(err, &at) {
		return at
	}
	return err
}
