// Package connect has an engine ready for a session: the builder, the images, the names that are free, what dead sessions
// left removed, and at the end all that the session made.
package connect

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

// Host is an engine that answers. Any number of connections share it.
type Host struct {
	*dock.Engine
	// store is where it keeps images, version what is to be said of it: "Docker Engine 28.5.2".
	store, version string
}

// Reach finds the engine, and says which one answers.
func Reach(ctx context.Context, o dock.Options, emit func(event.Body)) (*Host, error) {
	e, err := dock.Connect(ctx, o)
	if err != nil {
		return nil, err
	}
	info, err := e.Info(ctx)
	if err != nil {
		return nil, errors.Join(err, e.Close())
	}
	emit(info)
	return &Host{e, info.Store, info.Name + " " + info.Version}, nil
}

// Close disconnects, after all connections were closed.
func (h *Host) Close() error {
	if h == nil {
		return nil
	}
	return h.Engine.Close()
}

// Connection is what one session has of an engine, and everything that is connected to it.
type Connection struct {
	*solve.Builder
	Engine  *dock.Engine
	Session *dock.Session
	Images  *image.Store
	Reader  *image.Reader
	names   names
}

// Open begins a session on the engine, and removes what dead sessions left.
// The builds get their secrets, ssh agents and credentials from attachables: see [Attach].
func (h *Host) Open(ctx context.Context, cfg config.Config, attachables []session.Attachable, emit func(event.Body)) (*Connection, error) {
	e := h.Engine
	c := &Connection{Engine: e}
	for _, name := range solve.UnsetSecrets(cfg.Secrets) {
		emit(event.Warning{Code: event.CodeSecretUnset, Message: fmt.Sprintf("the variable %s of --secret is not set: steps get an empty secret", name),
			Hint: "Set it and start again: export " + name + "=…"})
	}
	if c.Session = dock.NewSession(e.Host); c.Session.Unkept != nil {
		emit(event.Warning{Code: event.CodeUnkept, Message: "the lock of this session can't be kept where the next start looks for it: " + c.Session.Unkept.Error(),
			Hint: "After a crash something may be left on the engine. Make that folder one that can be written, or name another one with XDG_CACHE_HOME."})
	}
	swept, err := e.Sweep(ctx, c.Session)
	if err != nil && ctx.Err() == nil {
		emit(event.Warning{Code: event.CodeLeftovers, Message: err.Error()})
	}
	if swept.Containers+swept.Images > 0 {
		emit(event.Warning{Code: event.CodeSwept, Message: fmt.Sprintf("removed what an earlier session left: %s, %s", human.Count(swept.Containers, "container"), human.Count(swept.Images, "image"))})
	}
	c.Builder, err = solve.New(ctx, naming{e, c}, attachables...)
	if err == nil {
		c.Reader, err = image.NewReader(ctx, e, attachables...)
	}
	if err != nil {
		return nil, errors.Join(err, c.Session.Close())
	}
	if err := Undone(c.Builder, cfg, func() (string, error) { return h.version, nil }, emit); err != nil {
		return nil, errors.Join(err, c.Reader.Close(), c.Builder.Close(), c.Session.Close())
	}
	c.chooseNames(ctx, cfg, emit)
	c.Images = image.New(e, c.Session.ID, h.store)
	return c, nil
}

// Pruned reports whether the engine's build cache has been pruned since then. Of a builder elsewhere nobody tells.
func (c *Connection) Pruned(ctx context.Context, since time.Time) (bool, error) {
	if c.Elsewhere() != "" {
		return false, nil
	}
	return c.Engine.Pruned(ctx, since)
}

// alive asks the engine alone, and not its BuildKit, for a sign of life.
func (c *Connection) alive(ctx context.Context) error {
	_, err := c.Engine.Client.Ping(ctx)
	return err
}

// silentAfter is how long an engine that works may take for a sign of life.
const silentAfter = 5 * time.Second

// Silent reports whether the engine does not answer at all, as a suspended one does. A person who quits waits for
// nothing that such an engine is to do.
func (c *Connection) Silent(ctx context.Context) bool { return silent(ctx, c.alive) }

func silent(ctx context.Context, alive func(context.Context) error) bool {
	asking, cancel := context.WithTimeout(ctx, silentAfter)
	defer cancel()
	_ = alive(asking)
	return ctx.Err() == nil && asking.Err() != nil
}

// Ping asks the engine, and what builds for it, for a sign of life.
func (c *Connection) Ping(ctx context.Context) error {
	if err := c.alive(ctx); err != nil {
		return err
	}
	err := c.Builder.Ping(ctx)
	if err != nil && c.Elsewhere() != "" {
		return &AwayError{c.Elsewhere()}
	}
	return err
}

// AwayError says that a builder elsewhere does not answer any more.
type AwayError struct {
	// Builder is which.
	Builder string
}

func (e *AwayError) Error() string { return "builder " + e.Builder + " does not answer any more" }

// Broken returns when the engine's stream of events breaks, or ctx ends. It asks for the session's events only, and
// reads none of them.
func (c *Connection) Broken(ctx context.Context) {
	news, broken := c.Engine.Client.Events(ctx, events.ListOptions{Filters: filters.NewArgs(filters.Arg("label", dock.Label+"="+c.Session.ID))})
	for {
		select {
		case <-news:
		case <-broken:
			return
		}
	}
}

// Info returns which engine answers.
func (c *Connection) Info(ctx context.Context) (event.Engine, error) { return c.Engine.Info(ctx) }

// lateExport is how long an engine may take to notice that a solve was canceled. Until then it may still put the image
// into its store.
const lateExport = 500 * time.Millisecond

// cleanWithin bounds the cleaning up at the end.
const cleanWithin = 20 * time.Second

// quietWithin is how long an engine may go on writing an image that nobody waits for.
const quietWithin = 5 * time.Second

// Close removes what the session made, except an image that was asked for by name, and ends the session. Busy: a solve was
// canceled just now.
func (c *Connection) Close(ctx context.Context, busy bool) error {
	end := c.Session.Close
	err := c.clean(ctx, busy)
	if err != nil {
		err = &fault.Error{What: "cleaning up", Err: dock.Plain(err), Hint: "What is left carries our label: the next start removes it."}
		end = c.Session.Leave
	}
	return errors.Join(err, c.Reader.Close(), c.Builder.Close(), end())
}

func (c *Connection) clean(ctx context.Context, busy bool) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), cleanWithin)
	defer cancel()
	if c.Silent(ctx) {
		return dock.ErrNoAnswer
	}
	quiet, hurry := context.WithTimeout(ctx, quietWithin)
	_ = c.Quiet(quiet)
	hurry()
	_, err := c.Engine.Clean(ctx, c.Session)
	if busy {
		// There is no notice of the engine being done with it.
		time.Sleep(lateExport)
		_, err = c.Engine.Clean(ctx, c.Session)
	}
	// A session that was killed just before this one began may have had its engine make something after we looked.
	_, _ = c.Engine.Sweep(ctx, c.Session)
	// Last, as it may take a while. An engine without a history returns an error.
	_ = c.TrimHistory(ctx)
	return err
}

// Attach returns what gives builds their secrets, ssh agents and registry credentials.
func Attach(cfg config.Config) ([]session.Attachable, error) {
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
