package main

import (
	"context"
	"io"
	"os"
	"time"

	"github.com/spf13/cobra"

	"github.com/stagewatch/stagewatch/engine/compose"
	"github.com/stagewatch/stagewatch/engine/config"
	"github.com/stagewatch/stagewatch/engine/event"
	"github.com/stagewatch/stagewatch/engine/explain"
	"github.com/stagewatch/stagewatch/ui/plain"
)

// planning are the flags of stagewatch plan.
type planning struct {
	options
	composing
	failOn []string
}

func planCommand() *cobra.Command {
	o := &planning{}
	cmd := &cobra.Command{
		Use:   "plan [flags] [PATH…]",
		Short: "Show which stages and steps would rerun if these paths changed (needs no engine)",
		Long: `Show which stages and steps would rerun if these paths changed, and why. It builds nothing, and needs no engine: if
none answers, it uses what an engine reported for the last build of this context. Only edits of the Dockerfile and the
ignore file since that build count. Without paths, everything that changed since that build counts.

In a folder with a compose.yaml it plans for each service that is built there, and names those that the paths do not
affect. --no-compose, --context-dir, a Dockerfile after -f, or a flag of a single build such as --target plans one
Dockerfile instead. -f takes either: what the file begins with tells, or its extension .yaml or .yml.`,
		Example: `  stagewatch plan app/main.py
  stagewatch plan
  stagewatch plan --context-dir examples/api requirements.txt
  stagewatch plan --fail-on 'rerun:RUN pip install*' $(git diff --name-only main)
  stagewatch plan -f compose.yaml -f compose.dev.yaml --service api src/main.go`,
		RunE: func(cmd *cobra.Command, args []string) error { return o.run(cmd, args) },
	}
	f := cmd.Flags()
	f.StringVar(&o.context, "context-dir", ".", "Build context")
	o.composing.flags(cmd)
	f.StringArrayVar(&o.compose.Services, "service", nil, "Plan only for this compose service and those that it depends on; can be repeated")
	f.StringArrayVar(&o.failOn, "fail-on", nil, "Exit with 3 if a step reruns: rerun:INSTRUCTION, in which * stands for any text; maybe: in place of rerun: if it may rerun; can be repeated")
	o.buildFlags(f)
	o.stepFlags(f, "")
	o.faceFlags(f)
	o.complete(cmd)
	_ = cmd.RegisterFlagCompletionFunc("service", o.completeServices)
	return cmd
}

func (o *planning) run(cmd *cobra.Command, args []string) error {
	p, err := o.project(cmd)
	if err != nil {
		return err
	}
	if p == nil {
		o.cfg.File = o.dockerfile()
	}
	rules, err := rerunRules(o.failOn)
	if err != nil {
		return err
	}
	cfg, err := o.config([]string{o.context})
	if err != nil {
		return err
	}
	var out io.Writer = os.Stdout
	if o.progress == faceAuto {
		out = wrapped(os.Stdout)
	}
	return untilTold(cmd.Context(), 0, func() error {
		events, err := planned(cmd.Context(), cfg, p, args)
		if err != nil {
			return err
		}
		shown := events
		if o.progress != faceJSON {
			shown = plain.Together(events)
		}
		if err := o.face(false).stream(out, queued(shown), func(event.Event) {}); err != nil {
			return err
		}
		return failOn(rules, events)
	})
}

// planned plans the services of a compose project, or one Dockerfile where there is no project.
func planned(ctx context.Context, cfg config.Config, p *compose.Project, args []string) ([]event.Event, error) {
	if p != nil {
		return explain.Services(ctx, cfg, p, args)
	}
	bodies, err := explain.Changes(ctx, cfg, args)
	var events []event.Event
	for _, b := range bodies {
		events = append(events, event.Event{Time: time.Now(), Body: b})
	}
	return events, err
}
