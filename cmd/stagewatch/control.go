package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"github.com/stagewatch/stagewatch/engine/event"
	"github.com/stagewatch/stagewatch/engine/fault"
	"github.com/stagewatch/stagewatch/ui/clean"
	"github.com/stagewatch/stagewatch/ui/plain"
	"github.com/stagewatch/stagewatch/ui/remote"
)

func statusCommand() *cobra.Command {
	a := &asker{}
	cmd := &cobra.Command{
		Use:   "status [flags] [CONTEXT | SERVICE]",
		Short: "Show what a running session serves, and how its newest build is doing",
		Long: `Show which build a running session serves, whether that contains the newest save, and how its newest build is doing.
The files are compared with the disk first, so that a save is counted which the session has not noticed yet.`,
		Args: arguments(cobra.MaximumNArgs(1), "context or service"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.ask(cmd.Context(), args, remote.Request{Do: remote.DoStatus}, func(one asked) error {
				_, line, err := one.Next()
				if err != nil {
					return err
				}
				if a.json {
					_, err = os.Stdout.Write(line)
					return unwritten(err)
				}
				s, err := remote.DecodeStatus(line)
				if err != nil {
					return err
				}
				return printStatus(wrapped(os.Stdout), one.prefix(), s)
			})
		},
	}
	cmd.Flags().BoolVar(&a.json, "json", false, "Print one JSON object")
	a.sessionFlag(cmd)
	return cmd
}

// printStatus prints a status for a person, with the prefix before each line.
func printStatus(w io.Writer, prefix string, s remote.Status) error {
	p := plain.New(w, plain.Options{})
	for _, line := range s.Lines() {
		if _, err := fmt.Fprintln(w, clean.Line(prefix+line)); err != nil {
			return unwritten(err)
		}
	}
	if s.Failed != nil {
		return unwritten(p.Print(event.Event{Service: s.Service, Build: s.Build, Body: *s.Failed}))
	}
	return nil
}

func waitCommand() *cobra.Command {
	a := &asker{}
	r := remote.Request{Do: remote.DoWait}
	timeout := time.Minute
	cmd := &cobra.Command{
		Use:   "wait [flags] [CONTEXT | SERVICE]",
		Short: "Wait until what a running session serves contains the newest save",
		Long: `Wait until what a running session serves contains all that was written before, and exit with 0 then; with 1 if the build
that contains it failed, or its container does not serve, after what that said; with 2 if it takes longer than the
timeout. The files are compared with the disk first: it is not too early right behind a write, and it waits for the last of
many writes.

With --for it waits for one file, or folder, as it is now. One that no build reads is waited for no longer: that is said,
and the exit code is 0. With --all it waits until every save is served, those that come meanwhile too.

A gate (--gate) that fails holds a build back, which is told with what it printed. With --checks it waits for the other
checks (--check) as well.`,
		Example: `  stagewatch wait && curl --fail http://127.0.0.1:8080/
  stagewatch wait --for app/main.py --timeout 10s`,
		Args: arguments(cobra.MaximumNArgs(1), "context or service"),
		RunE: func(cmd *cobra.Command, args []string) (err error) {
			if r.For != "" {
				if r.All {
					return &fault.Error{What: "waiting: --for and --all can't go together", Hint: "Leave one of them out."}
				}
				if r.For, err = filepath.Abs(r.For); err != nil {
					return fmt.Errorf("finding the file: %w", err)
				}
			}
			if timeout <= 0 {
				return &fault.Error{What: fmt.Sprintf("reading --timeout %s: it must be longer than 0", timeout), Hint: "Write e.g. 30s or 5m."}
			}
			r.TimeoutMS = max(timeout.Milliseconds(), 1)
			ctx, cancel := context.WithTimeoutCause(cmd.Context(), timeout+answerWithin, errNoAnswer)
			defer cancel()
			return a.ask(ctx, args, r, func(one asked) error { return a.awaited(one, timeout) })
		},
	}
	cmd.Flags().StringVar(&r.For, "for", "", "Wait for this file, or folder, as it is now")
	cmd.Flags().BoolVar(&r.All, "all", false, "Wait until every save is served, those that come meanwhile too")
	cmd.Flags().BoolVar(&r.Checks, "checks", false, "Wait until the checks (--check) of what serves pass, too, and exit with 1 if one fails")
	cmd.Flags().DurationVar(&timeout, "timeout", timeout, "How long to wait at most")
	cmd.Flags().BoolVar(&a.json, "json", false, "Print the answer as lines of the JSON stream")
	_ = cmd.RegisterFlagCompletionFunc("timeout", words())
	a.sessionFlag(cmd)
	return cmd
}

// answerWithin is how long an answer may be on its way, and errNoAnswer that it took longer: the session is suspended, say.
const answerWithin = 5 * time.Second

var errNoAnswer = errors.New("the session does not answer; it may be suspended")

// awaited reads the answer to a wait, and returns its exit code.
func (a *asker) awaited(one asked, timeout time.Duration) error {
	said := plain.New(wrapped(os.Stderr), plain.Options{})
	for {
		_, line, err := one.Next()
		if err != nil {
			return err
		}
		if a.json {
			if _, err := os.Stdout.Write(line); err != nil {
				return unwritten(err)
			}
		}
		e, err := event.Decode(line)
		if err != nil {
			return fmt.Errorf("reading the answer: %w", err)
		}
		ans, ok := e.Body.(event.Answer)
		switch {
		case ok:
			return a.answered(said, one.prefix(), e, ans, timeout)
		case !a.json:
			_ = said.Print(e)
		}
	}
}

// answered says what the answer is, and returns its exit code.
func (a *asker) answered(said *plain.Printer, prefix string, e event.Event, ans event.Answer, timeout time.Duration) error {
	switch ans.Result {
	case event.AnswerServed, event.AnswerUnread:
		if !a.json {
			fmt.Println(clean.Line(prefix + ans.String()))
		}
		return nil
	case event.AnswerPending:
		if !a.json {
			fmt.Fprintf(os.Stderr, "stagewatch: %swaiting took longer than %s: %s\n", prefix, timeout, clean.Line(ans.Message))
		}
		return exitCode(2)
	}
	switch {
	case a.json:
	case ans.Check != "":
		fmt.Fprintf(os.Stderr, "stagewatch: %swaiting: %s\n", prefix, clean.Line(ans.String()))
	case ans.Failed != nil:
		_ = said.Print(event.Event{Service: e.Service, Build: e.Build, Body: *ans.Failed})
	default:
		return &fault.Error{What: "waiting: " + ans.String(), Hint: ans.Hint}
	}
	return exitCode(1)
}

// told returns a command that tells a session to do something.
func told(use, short, long string, r *remote.Request) *cobra.Command {
	a := &asker{}
	cmd := &cobra.Command{
		Use: use + " [flags] [CONTEXT | SERVICE]", Short: short, Long: long,
		Args: arguments(cobra.MaximumNArgs(1), "context or service"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.ask(cmd.Context(), args, *r, got)
		},
	}
	a.sessionFlag(cmd)
	return cmd
}

func triggerCommand() *cobra.Command {
	r := &remote.Request{Do: remote.DoTrigger}
	cmd := told("trigger", "Have a running session build now",
		"Have a running session build now, with all that was written, also where watching is off. stagewatch wait waits for that build then.", r)
	cmd.Flags().BoolVar(&r.NoCache, "no-cache", false, "Do not use the cache")
	return cmd
}

func restartCommand() *cobra.Command {
	return told("restart", "Have a running session start a new container of the app",
		"Have a running session start a new container of the newest build, and lead the port to it once it answers.", &remote.Request{Do: remote.DoRestart})
}

func stopCommand() *cobra.Command {
	return told("stop", "Have a running session stop the app",
		"Have a running session stop the app's container. The next build, or stagewatch restart, starts one again. The session goes on.", &remote.Request{Do: remote.DoStop})
}
