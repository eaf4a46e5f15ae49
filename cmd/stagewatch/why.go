package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/stagewatch/stagewatch/engine/event"
	"github.com/stagewatch/stagewatch/engine/fault"
	"github.com/stagewatch/stagewatch/ui/clean"
	"github.com/stagewatch/stagewatch/ui/remote"
	"github.com/stagewatch/stagewatch/ui/story"
	"github.com/stagewatch/stagewatch/ui/why"
)

func whyCommand() *cobra.Command {
	a := &asker{}
	folder, service := ".", ""
	cmd := &cobra.Command{
		Use:   "why [flags] STEP|PATH",
		Short: "Show what a change of a path led to in a running session, or why a step ran",
		Long: `Show what the newest change of a path led to in a running session: each step that reads it, or stands on one that does,
with what became of it, why, and what it reads. Or, for a step of the newest build, why it ran or did not, back to what
changed. A step is named as in build:3 or "build 3/5". What a write would lead to says stagewatch plan.`,
		Example: `  stagewatch why app/main.py
  stagewatch why build:4`,
		Args: func(cmd *cobra.Command, args []string) error {
			return arguments(cobra.RangeArgs(1, 2), "step or path")(cmd, args)
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			return untilTold(cmd.Context(), 0, func() error {
				of := folder
				if service != "" {
					of = service
				}
				all, err := a.dial(cmd.Context(), []string{of}, remote.Request{Do: remote.DoEvents})
				if err != nil {
					return err
				}
				defer hangUp(all)
				return whyOf(all, strings.Join(args, " "))
			})
		},
	}
	cmd.Flags().StringVar(&folder, "context-dir", folder, "Build context of the session")
	cmd.Flags().StringVar(&service, "service", "", "Service of a compose project to ask about")
	_ = cmd.RegisterFlagCompletionFunc("service", words())
	_ = cmd.RegisterFlagCompletionFunc("context-dir", folders)
	cmd.ValidArgsFunction = func(*cobra.Command, []string, string) ([]cobra.Completion, cobra.ShellCompDirective) {
		return nil, cobra.ShellCompDirectiveDefault
	}
	a.sessionFlag(cmd)
	return cmd
}

// whyOf answers the question for each session, and fails where none knows an answer.
func whyOf(all []asked, what string) error {
	var failed error
	answered := false
	for _, one := range all {
		told := story.New(1)
		err := one.Events(func(e event.Event) error {
			told.Apply(e)
			return nil
		})
		if err != nil {
			return unanswered(err)
		}
		lines, err := answerWhy(told, one.Context, what)
		if err != nil {
			failed = err
			continue
		}
		answered = true
		for _, line := range lines {
			fmt.Fprintln(wrapped(os.Stdout), clean.Line(one.prefix()+line))
		}
	}
	if answered {
		return nil
	}
	return failed
}

// answerWhy answers the question about a step, or about a path, which is relative to the working folder or, as events have
// it, to its context.
func answerWhy(told *story.Story, context, what string) ([]string, error) {
	if id, ok := why.StepID(told, what); ok {
		return why.Step(told, id), nil
	}
	lines, changed := why.Path(told, filepath.ToSlash(filepath.Clean(what)))
	if abs, err := filepath.Abs(what); err == nil && !changed {
		if real, err := filepath.EvalSymlinks(filepath.Dir(abs)); err == nil {
			abs = filepath.Join(real, filepath.Base(abs))
		}
		if rel, err := filepath.Rel(context, abs); err == nil && filepath.IsLocal(rel) {
			lines, changed = why.Path(told, filepath.ToSlash(rel))
		}
	}
	if !changed {
		return nil, &fault.Error{What: "asking why: " + strings.Join(lines, "; "), Hint: fmt.Sprintf("A step is named as in build:3. stagewatch plan %s says what a write would lead to.", what)}
	}
	return lines, nil
}
