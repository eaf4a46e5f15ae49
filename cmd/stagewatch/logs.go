package main

import (
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"github.com/stagewatch/stagewatch/engine/event"
	"github.com/stagewatch/stagewatch/engine/fault"
	"github.com/stagewatch/stagewatch/ui/clean"
	"github.com/stagewatch/stagewatch/ui/remote"
)

// logs prints lines of the app's log, as docker logs does.
type logs struct {
	tail       string
	timestamps bool

	mu       sync.Mutex
	out, err io.Writer
}

func logsCommand() *cobra.Command {
	a, l, r := &asker{}, &logs{out: os.Stdout, err: os.Stderr}, remote.Request{Do: remote.DoEvents}
	cmd := &cobra.Command{
		Use:   "logs [flags] [CONTEXT | SERVICE]",
		Short: "Show what the app of a running session logs",
		Long: `Show what the app's containers logged in a running session, the newest 20,000 lines at most. Lines of stderr go to
stderr, as with docker logs. The log goes on over hand-overs, and ends with the session. Of a compose project it shows the logs of
all services that are built there, or of the one that is named.`,
		Example: `  stagewatch logs --since-build 12
  stagewatch logs --follow --tail 20`,
		Args: arguments(cobra.MaximumNArgs(1), "context or service"),
		RunE: func(cmd *cobra.Command, args []string) error {
			most, err := l.most()
			if err != nil {
				return err
			}
			return untilTold(cmd.Context(), 0, func() error {
				all, err := a.dial(cmd.Context(), args, r)
				if err != nil {
					return err
				}
				defer hangUp(all)
				return unanswered(l.show(all, r, most))
			})
		},
	}
	cmd.Flags().BoolVarP(&r.Follow, "follow", "f", false, "Go on with what is logged")
	cmd.Flags().IntVar(&r.SinceBuild, "since-build", 0, "Leave out what the containers of builds before this one logged")
	cmd.Flags().StringVarP(&l.tail, "tail", "n", "all", "Number of lines to show from the end of the log")
	cmd.Flags().BoolVarP(&l.timestamps, "timestamps", "t", false, "Show when each line was logged")
	for _, name := range []string{"since-build", "tail"} {
		_ = cmd.RegisterFlagCompletionFunc(name, words())
	}
	a.sessionFlag(cmd)
	return cmd
}

// show prints what is kept of the logs in the order in which it was logged and, with Follow, what comes. Of each session it prints
// at most so many lines of what is kept, all for -1.
func (l *logs) show(all []asked, r remote.Request, most int) error {
	var kept []event.Event
	for _, one := range all {
		var lines []event.Event
		err := one.Events(func(e event.Event) error {
			if _, log := e.Body.(event.Log); log && e.Build >= r.SinceBuild {
				lines = append(lines, e)
			}
			return nil
		})
		if err != nil {
			return err
		}
		if most >= 0 && len(lines) > most {
			lines = lines[len(lines)-most:]
		}
		kept = append(kept, lines...)
	}
	slices.SortStableFunc(kept, func(a, b event.Event) int { return a.Time.Compare(b.Time) })
	for _, e := range kept {
		if err := l.print(e); err != nil {
			return err
		}
	}
	if !r.Follow {
		return nil
	}
	ends := make(chan error, len(all))
	for _, one := range all {
		go func() { ends <- one.Events(l.print) }()
	}
	for range all {
		if err := <-ends; err != remote.ErrEnded {
			return err
		}
	}
	return nil
}

// most returns the number of lines to show, -1 for all.
func (l *logs) most() (int, error) {
	if l.tail == "all" {
		return -1, nil
	}
	n, err := strconv.Atoi(l.tail)
	if err != nil || n < 0 {
		return 0, &fault.Error{What: fmt.Sprintf("reading --tail %q: it is no number of lines", l.tail), Hint: "Write e.g. --tail 20, or all."}
	}
	return n, nil
}

// print prints an event that is a line of the log.
func (l *logs) print(e event.Event) error {
	log, ok := e.Body.(event.Log)
	if !ok {
		return nil
	}
	w := l.out
	if log.Stream == "stderr" {
		w = l.err
	}
	line := clean.Line(clean.Overwritten(log.Text))
	if l.timestamps {
		line = e.Time.Format(time.RFC3339Nano) + " " + line
	}
	if e.Service != "" {
		line = clean.Line(e.Service) + " | " + line
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	_, err := fmt.Fprintln(w, line)
	return unwritten(err)
}
