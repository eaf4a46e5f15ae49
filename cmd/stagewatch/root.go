package main

import (
	"os"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/stagewatch/stagewatch/engine/event"
)

// looping are the flags of the loop.
type looping struct {
	options
	composing
}

func rootCommand() *cobra.Command {
	o := &looping{composing: composing{runs: true}}
	root := &cobra.Command{
		Use:   "stagewatch [flags] [CONTEXT | SERVICE…] [-- COMMAND…]",
		Short: "Keep a multi-stage Dockerfile built and running while you edit",
		Long: `stagewatch watches a build context, rebuilds only the stages that a change affects, hands the
published port over to the new container, and shows what the layer cache saved and what the
final stage left behind.

On a terminal it is a dashboard (press ? for the keys). Elsewhere it prints a plain stream.

What stands behind -- is run in the container in place of the image's CMD. Flags have docker's names and values. A name that
docker build and docker run both have is docker run's here; docker build's begin with --build-: --label is for the
container, --build-label for the image.`,
		Example: `  stagewatch
  stagewatch -p 9000:8080 -e DEBUG=1 --memory 512m examples/api
  stagewatch api worker
  stagewatch . -- python app.py --debug`,
		Args:              cobra.ArbitraryArgs,
		Version:           version,
		SilenceErrors:     true,
		SilenceUsage:      true,
		PersistentPreRunE: settle,
		RunE:              func(cmd *cobra.Command, args []string) error { return o.run(cmd, args) },
	}
	o.composing.flags(root)
	o.projectFlags(root.Flags())
	o.faceFlags(root.Flags())
	root.SetFlagErrorFunc(badFlag)
	root.SetVersionTemplate("stagewatch {{.Version}}\n")
	root.AddCommand(buildCommand(), planCommand(), shellCommand(), replayCommand(), reportCommand(), doctorCommand(), manCommand(),
		statusCommand(), waitCommand(), triggerCommand(), restartCommand(), stopCommand(), logsCommand(), whyCommand(), attachCommand(), configCommand())
	root.ValidArgsFunction = one(folders)
	o.complete(root)
	root.SetHelpFunc(helpFunc(root.HelpFunc()))
	return root
}

func (o *looping) run(cmd *cobra.Command, args []string) error {
	n := contexts(cmd, args)
	o.cfg.Run.Command = args[n:]
	context, err := o.divide(cmd, args[:n], oneContext)
	if err != nil {
		return err
	}
	if o.cfg.PublishAll && !cmd.Flags().Changed("publish") {
		o.cfg.Publish = nil // 8080 is no port of the image
	}
	o.compose.EnvFiles = o.cfg.EnvFiles
	p, cfg, err := o.read(cmd, &o.options, context)
	if err != nil {
		return err
	}
	f := o.face(term.IsTerminal(int(os.Stdout.Fd())))
	if p == nil {
		f.opener = openerOf(cmd.Flags(), cfg.Context)
		return follow(cmd.Context(), cfg, f)
	}
	s, err := servicesOf(p, o.compose, cfg)
	if err != nil {
		return err
	}
	opener := func(service string) *opener { return openerFor(cmd.Flags(), p.Name, service) }
	return serveServices(cmd.Context(), p, s, f, opener)
}

func replayCommand() *cobra.Command {
	o := &options{}
	speed, service := 1.0, ""
	cmd := &cobra.Command{
		Use:   "replay [flags] FILE",
		Short: "Play a recorded session again (needs no engine)",
		Long:  "Play a session that --record wrote, at its own pace or faster. On a terminal, p pauses and ? lists the keys.",
		Args:  arguments(cobra.ExactArgs(1), "recording"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if _, err := o.config(nil); err != nil {
				return err
			}
			f := o.face(term.IsTerminal(int(os.Stdout.Fd())))
			var events []event.Event
			err := untilTold(cmd.Context(), 0, func() (err error) {
				if events, err = readRecording(args); err == nil && (f.kind == faceTTY || service != "") {
					// The lines of a stream name their service.
					events, err = ofService(events, service)
				}
				return err
			})
			if err != nil {
				return err
			}
			return f.replayed(cmd.Context(), events, speed)
		},
	}
	serviceFlag(cmd.Flags(), &service)
	cmd.Flags().Float64Var(&speed, "speed", 1, "Play this many times faster than it happened")
	o.faceFlags(cmd.Flags())
	cmd.ValidArgsFunction = one(files("jsonl"))
	o.complete(cmd)
	return cmd
}
