package main

import (
	"fmt"
	"io"
	"os"
	"strconv"
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
	out, err   io.Writer
}

func logsCommand() *cobra.Command {
	a, l, r := &asker{}, &logs{out: os.Stdout, err: os.Stderr}, remote.Request{Do: remote.DoEvents}
	cmd := &cobra.Command{
		Use:   "logs [flags] [CONTEXT]",
		Short: "Show what the app of a running session logs",
		Long: `Show what the app's containers logged in a running session, the newest 20,000 lines at most. Lines of stderr go to
stderr, as with docker logs. The log goes on over hand-overs, and ends with the session.`,
		Example: `  stagewatch logs --since-build 12
  stagewatch logs --follow --tail 20`,
		Args: arguments(cobra.MaximumNArgs(1), "context"),
		RunE: func(cmd *cobra.Command, args []string) error {
			most, err := l.most()
			if err != nil {
				return err
			}
			return a.ask(cmd.Context(), args, r, func(c *remote.Client) error {
				var kept []event.Event
				err := c.Events(func(e event.Event) error {
					if _, log := e.Body.(event.Log); log && e.Build >= r.SinceBuild {
						kept = append(kept, e)
					}
					return nil
				})
				if err != nil {
					return err
				}
				if most >= 0 && len(kept) > most {
					kept = kept[len(kept)-most:]
				}
				for _, e := range kept {
					if err := l.print(e); err != nil {
						return err
					}
				}
				if !r.Follow {
					return nil
				}
				if err = c.Events(l.print); err == remote.ErrEnded {
					return nil
				}
				return err
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
	_, err := fmt.Fprintln(w, line)
	return unwritten(err)
}
