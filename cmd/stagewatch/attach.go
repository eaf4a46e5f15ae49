package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"sync/atomic"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/stagewatch/stagewatch/engine/event"
	"github.com/stagewatch/stagewatch/ui"
	"github.com/stagewatch/stagewatch/ui/remote"
)

func attachCommand() *cobra.Command {
	a := &asker{}
	noMouse := false
	cmd := &cobra.Command{
		Use:   "attach [flags] [CONTEXT]",
		Short: "Open one more dashboard on a running session",
		Long: `Open one more dashboard on a running session, with what the session keeps of its past. Its keys work as there, and
quitting it leaves the session as it is.`,
		Args: arguments(cobra.MaximumNArgs(1), "context"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.attach(cmd.Context(), args, noMouse)
		},
	}
	cmd.Flags().BoolVar(&noMouse, "no-mouse", false, "Leave the mouse to the terminal")
	a.sessionFlag(cmd)
	return cmd
}

// attach shows the dashboard until the person quits, or the session ends.
func (a *asker) attach(ctx context.Context, args []string, noMouse bool) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	c, session, err := a.dial(ctx, args, remote.Request{Do: remote.DoEvents, Follow: true})
	if err != nil {
		return err
	}
	defer c.Close()
	events := make(chan event.Event, 256)
	var broken error
	var host atomic.Value
	go func() {
		defer close(events)
		pass := func(e event.Event) error {
			if engine, ok := e.Body.(event.Engine); ok {
				host.Store(engine.Host)
			}
			select {
			case events <- e:
				return nil
			case <-ctx.Done():
				return ctx.Err()
			}
		}
		if broken = c.Events(pass); broken == nil {
			broken = c.Events(pass)
		}
	}()
	a.session = session.ID
	shells := openerOf(pflag.NewFlagSet("", pflag.ContinueOnError), session.Context)
	if shells != nil && session.Dockerfile != "" {
		shells.flags = append(shells.flags, "--file="+session.Dockerfile)
	}
	err = ui.Run(ctx, ui.Options{
		Events:     events,
		Send:       func(i event.Intent) { a.tell(ctx, i) },
		Context:    filepath.Base(session.Context),
		Dockerfile: session.Dockerfile,
		Shell: func(container string) *exec.Cmd {
			if shells == nil {
				return nil
			}
			on := *shells
			if host, _ := host.Load().(string); host != "" {
				on.flags = append(slices.Clip(on.flags), "--host="+host)
			}
			return on.in(container)
		},
		Lent:     lending(ctx),
		Open:     openURL,
		SaveLog:  saveLog(nil),
		Copy:     clipboard(),
		NoMouse:  noMouse,
		Attached: true,
	})
	if err != nil {
		return noTerminal(err)
	}
	left := fmt.Sprintf("Session %s goes on.", session.ID)
	select {
	case _, more := <-events:
		if !more && errors.Is(broken, remote.ErrEnded) {
			left = fmt.Sprintf("Session %s has ended.", session.ID)
		}
	default:
	}
	fmt.Fprintln(os.Stdout, left)
	return nil
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
