package main

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"github.com/stagewatch/stagewatch/engine/fault"
	"github.com/stagewatch/stagewatch/engine/socket"
	"github.com/stagewatch/stagewatch/ui/remote"
)

// asker is what all commands have that ask a running session.
type asker struct {
	session string
	json    bool
}

// sessionFlag lets a person name the session where the folder is not enough.
func (a *asker) sessionFlag(cmd *cobra.Command) {
	cmd.Flags().StringVar(&a.session, "session", "", "ID of the session to ask (default the one that builds the folder, or a folder above it; of a compose project those of all services)")
	_ = cmd.RegisterFlagCompletionFunc("session", sessions)
	if cmd.ValidArgsFunction == nil {
		cmd.ValidArgsFunction = one(folders)
	}
}

// sessions completes the IDs of sessions.
func sessions(*cobra.Command, []string, string) ([]cobra.Completion, cobra.ShellCompDirective) {
	var out []cobra.Completion
	for _, s := range socket.Running() {
		out = append(out, cobra.CompletionWithDesc(s.ID, s.Where()))
	}
	return out, cobra.ShellCompDirectiveNoFileComp
}

// asked is a session that was sent a request.
type asked struct {
	*remote.Client
	socket.Session
}

// prefix is what lines of one session begin with where they may be of several.
func (a asked) prefix() string {
	if a.Service == "" {
		return ""
	}
	return a.Service + ": "
}

// ask connects to the sessions that args mean, sends them a request, and calls read for each. Where one of several fails, what is
// wrong is printed and the others follow. The connections end with ctx.
func (a *asker) ask(ctx context.Context, args []string, r remote.Request, read func(asked) error) error {
	return untilTold(ctx, 0, func() error {
		all, err := a.dial(ctx, args, r)
		if err != nil {
			return err
		}
		defer hangUp(all)
		if len(all) == 1 {
			return unanswered(read(all[0]))
		}
		worst := 0
		for _, one := range all {
			if err := unanswered(read(one)); err != nil {
				// 1 says more than 2, which is that something takes long.
				code := report(wrapped(os.Stderr), fmt.Errorf("service %q: %w", one.Service, err))
				if worst == 0 || code < worst {
					worst = code
				}
			}
		}
		if worst > 0 {
			return exitCode(worst)
		}
		return nil
	})
}

// dial connects to the sessions that args mean, which are a folder or a service, and sends them a request. The connections
// end with ctx.
func (a *asker) dial(ctx context.Context, args []string, r remote.Request) ([]asked, error) {
	w := socket.Wanted{Folder: ".", ID: a.session}
	if len(args) > 0 {
		w.Name = args[0]
	}
	found, err := socket.Dial(w)
	if err != nil {
		return nil, err
	}
	var all []asked
	for _, one := range found {
		context.AfterFunc(ctx, func() { one.Close() })
		all = append(all, asked{remote.NewClient(one), one.Session})
	}
	for _, one := range all {
		if err := one.Send(r); err != nil {
			hangUp(all)
			return nil, unanswered(err)
		}
	}
	return all, nil
}

func hangUp(all []asked) {
	for _, one := range all {
		one.Close()
	}
}

// got waits until the session has got a request.
func got(one asked) error {
	_, _, err := one.Next()
	return err
}

// unanswered adds to an error what a person can do about it.
func unanswered(err error) error {
	var refused remote.Refused
	switch {
	case errors.As(err, &refused):
		return &fault.Error{What: "asking the session", Err: refused, Hint: refused.Hint}
	case errors.Is(err, remote.ErrEnded):
		return &fault.Error{What: "asking the session", Err: err, Hint: "Start it again with stagewatch."}
	}
	return err
}
