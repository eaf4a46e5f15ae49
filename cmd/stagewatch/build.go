package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/stagewatch/stagewatch/engine"
	"github.com/stagewatch/stagewatch/engine/compose"
	"github.com/stagewatch/stagewatch/engine/config"
	"github.com/stagewatch/stagewatch/engine/event"
	"github.com/stagewatch/stagewatch/engine/explain"
	"github.com/stagewatch/stagewatch/engine/fault"
	"github.com/stagewatch/stagewatch/ui/story"
)

// building are the flags of stagewatch build.
type building struct {
	options
	composing
	left  results
	quiet bool
}

func buildCommand() *cobra.Command {
	o := &building{}
	cmd := &cobra.Command{
		Use:   "build [flags] [CONTEXT | SERVICE…]",
		Short: "Build once, show the sizes, and exit",
		Long: `Build once, compare the size of the final stage with the stage before it, and exit with 0 if the
build succeeded, with 3 if it succeeded and exceeds a limit that is set for it, with 130 if ctrl+c cut it short, else with 1.
The image is kept only if -t names it.

Limits are --max-size, --max-wasted, --max-growth, --max-layers, and the rules of a .dive-ci in the context: these mean
what they mean to dive, whose way to count differs from that of --max-wasted. What exceeds a limit is named with the
figure, the limit and what grew.

--gate names stages that are built before the image gets its name, and --check stages that are built after it: tests, say. If one of
them fails, the exit code is 1.

--against IMAGE compares the target with another image, and --against-file FILE with what another Dockerfile builds of the
same context: bytes by what they are for, compressed sizes, the time of a pull, shared layers.

In a folder with a compose.yaml it builds its services, or those that are named, one after the other and each after those
whose images it reads, and ends with the first that fails. Their images have the names that docker compose gives them, and
are kept. --no-compose, a folder as CONTEXT, a Dockerfile after -f, or a flag of a single build such as -t builds one
Dockerfile instead.`,
		Example: `  stagewatch build -t app
  stagewatch build --no-cache examples/api
  stagewatch build --max-size 70MB --max-growth 2% .
  stagewatch build -t app --metadata-file build.json .
  stagewatch build -t app --gate test --check lint .
  stagewatch build --against app:1.4 --bandwidth 50Mbit .
  stagewatch build --against-file Dockerfile.single .
  stagewatch build -f compose.yaml api worker`,
		RunE: func(cmd *cobra.Command, args []string) error { return o.run(cmd, args) },
	}
	o.composing.flags(cmd)
	o.buildFlags(cmd.Flags())
	o.stepFlags(cmd.Flags(), "")
	o.budgetFlags(cmd.Flags())
	o.againstFlags(cmd.Flags())
	o.left.flags(cmd.Flags())
	cmd.Flags().BoolVarP(&o.quiet, "quiet", "q", false, "Print nothing but the image's ID, and what a build that fails says; needs -t, as an image without a name is removed at the end")
	o.faceFlags(cmd.Flags())
	o.complete(cmd)
	cmd.ValidArgsFunction = o.completeArgs
	return cmd
}

func (o *building) run(cmd *cobra.Command, args []string) error {
	context, err := o.divide(cmd, args, arguments(cobra.MaximumNArgs(1), "context"))
	if err != nil {
		return err
	}
	p, cfg, err := o.read(cmd, &o.options, context)
	if err != nil {
		return err
	}
	cfg.Once, cfg.Exported = true, o.left.asked()
	f := o.face(false)
	f.results = &o.left
	if o.quiet {
		return o.quietly(cmd.Context(), p, cfg, f)
	}
	if p != nil {
		return buildServices(cmd.Context(), p, cfg, f)
	}
	f.once = o.progress == faceAuto && term.IsTerminal(int(os.Stdout.Fd()))
	return follow(cmd.Context(), cfg, f)
}

// quietly builds and prints the image's ID. What is said of a build goes to stderr if it fails or is over its budget, as with docker
// build -q. Of services it prints nothing, as docker compose build -q.
func (o *building) quietly(ctx context.Context, p *compose.Project, cfg config.Config, f face) error {
	if o.progress != faceAuto {
		return &fault.Error{What: "progress=" + o.progress + " and quiet cannot be used together", Hint: "Leave one of them out."}
	}
	f.quiet = &bytes.Buffer{}
	var err error
	if p != nil {
		err = buildServices(ctx, p, cfg, f)
	} else if len(cfg.Tags) == 0 {
		return &fault.Error{What: "reading -q: the image has no name, so it is removed at the end", Hint: "Name it with -t."}
	} else if err = follow(ctx, cfg, f); err == nil || errors.Is(err, overLimit) {
		_, unread := fmt.Println(o.left.image())
		err = errors.Join(err, unwritten(unread))
	}
	if err != nil {
		_, _ = f.quiet.WriteTo(os.Stderr)
	}
	return err
}

// buildServices builds the services of a project.
func buildServices(ctx context.Context, p *compose.Project, cfg config.Config, f face) error {
	var services []config.Config
	for _, s := range p.Services {
		if !s.Built {
			continue
		}
		if err := possible("building", s); err != nil {
			return err
		}
		services = append(services, s.Config(cfg))
	}
	if len(services) == 0 {
		return &fault.Error{What: fmt.Sprintf("building the services of %s: none of them is built", p.FileName()), Hint: "Name services with a build section, or build a Dockerfile with --no-compose."}
	}
	record, err := f.create(ctx, cfg.Outputs)
	if err != nil {
		return err
	}
	start := func(ctx, unread context.Context, events chan<- event.Event) error {
		return engine.Build(ctx, unread, services, events)
	}
	_, shown, err := f.through(ctx, start, func(_ context.Context, _ func(), out io.Writer, events <-chan event.Event, _ chan error) (*story.Story, error) {
		return nil, f.stream(out, recording(after(explain.Notes(p), events), record), func(event.Event) {})
	})
	return errors.Join(outcome(ctx, err), shown)
}
