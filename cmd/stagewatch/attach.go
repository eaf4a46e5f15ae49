package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/stagewatch/stagewatch/engine/config"
	"github.com/stagewatch/stagewatch/engine/event"
	"github.com/stagewatch/stagewatch/ui"
	"github.com/stagewatch/stagewatch/ui/clean"
	"github.com/stagewatch/stagewatch/ui/remote"
)

func attachCommand() *cobra.Command {
	a := &asker{}
	noMouse := false
	cmd := &cobra.Command{
		Use:   "attach [flags] [CONTEXT | SERVICE]",
		Short: "Open one more dashboard on a running session",
		Long: `Open one more dashboard on a running session, with what the session keeps of its past. Its keys work as there, and
quitting it leaves the session as it is. On a compose project it opens those of all services that are built there, one at a time.`,
		Args: arguments(cobra.MaximumNArgs(1), "context or service"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.attach(cmd.Context(), args, noMouse)
		},
	}
	cmd.Flags().BoolVar(&noMouse, "no-mouse", false, "Leave the mouse to the terminal")
	a.sessionFlag(cmd)
	return cmd
}

// attach shows the dashboards until the person quits, or the sessions end.
func (a *asker) attach(ctx context.Context, args []string, noMouse bool) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	all, err := a.dial(ctx, args, remote.Request{Do: remote.DoEvents, Follow: true})
	if err != nil {
		return err
	}
	defer hangUp(all)
	events := make(chan event.Event, 256)
	var reading sync.WaitGroup
	var views []*view
	var services []ui.Service
	for _, one := range all {
		v := &view{asked: one}
		views = append(views, v)
		services = append(services, ui.Service{Name: one.Service, Options: v.dashboard(ctx, noMouse)})
		reading.Go(func() { v.read(ctx, events) })
	}
	over := make(chan struct{})
	go func() {
		reading.Wait()
		close(over)
		close(events)
	}()
	if len(all) == 1 {
		opt := services[0].Options
		opt.Events = events
		err = ui.Run(ctx, opt)
	} else {
		err = ui.RunServices(ctx, services, events, ui.Options{Lent: lending(ctx), NoMouse: noMouse})
	}
	if err != nil {
		return noTerminal(err)
	}
	ended := false
	select {
	case <-over:
		ended = !slices.ContainsFunc(views, func(v *view) bool { return !errors.Is(v.broken, remote.ErrEnded) })
	default:
	}
	left := "Session " + all[0].ID
	if len(all) > 1 {
		left = "The session of " + all[0].Project
	}
	if ended {
		left += " has ended."
	} else {
		left += " goes on."
	}
	fmt.Fprintln(os.Stdout, clean.Line(left))
	return nil
}

// view is one more dashboard on a session.
type view struct {
	asked
	// host is the engine's address, once that is known.
	host atomic.Value
	// broken is why the events ended.
	broken error
}

// read passes the session's events on, until they or ctx end.
func (v *view) read(ctx context.Context, events chan<- event.Event) {
	pass := func(e event.Event) error {
		if engine, ok := e.Body.(event.Engine); ok {
			v.host.Store(engine.Host)
		}
		// What is for all services each session has.
		e.Service = v.Service
		select {
		case events <- e:
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	if v.broken = v.Events(pass); v.broken == nil {
		v.broken = v.Events(pass)
	}
}

// dashboard is what the dashboard needs of the world.
func (v *view) dashboard(ctx context.Context, noMouse bool) ui.Options {
	shells := openerOf(pflag.NewFlagSet("", pflag.ContinueOnError), v.Context)
	if shells != nil && v.Dockerfile != "" {
		shells.flags = append(shells.flags, "--file="+v.Dockerfile)
	}
	to := &asker{session: v.ID}
	opt := face{noMouse: noMouse}.dashboard(ctx, config.Config{Build: config.Build{File: v.Dockerfile}})
	opt.Send = func(i event.Intent) { to.tell(ctx, i) }
	opt.Context, opt.Attached = cmp.Or(v.Service, filepath.Base(v.Context)), true
	opt.Shell = func(container string) *exec.Cmd {
		if shells == nil {
			return nil
		}
		on := *shells
		if host, _ := v.host.Load().(string); host != "" {
			on.flags = append(slices.Clip(on.flags), "--host="+host)
		}
		return on.in(container)
	}
	return opt
}

// tell passes a key's intent on, over a connection of its own. What the session makes of it shows in the events.
func (a *asker) tell(ctx context.Context, i event.Intent) {
	var r remote.Request
	switch i := i.(type) {
	case event.Rebuild:
		r = remote.Request{Do: remote.DoTrigger, NoCache: i.NoCache}
	case event.Restart:
		r.Do = remote.DoRestart
	case event.Stop:
		r.Do = remote.DoStop
	case event.Watch:
		r = remote.Request{Do: remote.DoWatch, On: i.On}
	case event.Inspect:
		r.Do = remote.DoInspect
	default:
		return
	}
	// A session that has ended closes the dashboard by itself.
	_ = a.ask(ctx, nil, r, got)
}
