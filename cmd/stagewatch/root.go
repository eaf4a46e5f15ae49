package main

import (
	"os"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/stagewatch/stagewatch/engine"
)

func rootCommand() *cobra.Command {
	o := &options{}
	root := &cobra.Command{
		Use:   "stagewatch [flags] [CONTEXT]",
		Short: "Keep a multi-stage Dockerfile built and running while you edit",
		Long: `stagewatch watches a build context, rebuilds only the stages that a change affects, hands the
published port over to the new container, and shows what the layer cache saved and what the
final stage stripped.

On a terminal it is a dashboard (press ? for the keys); elsewhere it is a plain stream.`,
		Args:          cobra.MaximumNArgs(1),
		Version:       version,
		SilenceErrors: true,
		SilenceUsage:  true,
		RunE: func(cmd *cobra.Command, args []string) error {
			cfg, err := o.config(args)
			if err != nil {
				return err
			}
			return watch(cmd.Context(), cfg, o.face(term.IsTerminal(int(os.Stdout.Fd()))))
		},
	}
	o.buildFlags(root.Flags())
	o.runFlags(root.Flags())
	o.faceFlags(root.Flags())
	root.SetVersionTemplate("stagewatch {{.Version}}\n")
	root.AddCommand(buildCommand(), planCommand(), doctorCommand())
	root.CompletionOptions.HiddenDefaultCmd = true
	return root
}

func buildCommand() *cobra.Command {
	o := &options{}
	cmd := &cobra.Command{
		Use:   "build [flags] [CONTEXT]",
		Short: "Build once, show the sizes before and after the final stage, and exit",
		Long: `Build once, show the sizes before and after the final stage, and exit: 0 if it was built, 1 if not.
The image is kept only where -t names it.`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			cfg, err := o.config(args)
			if err != nil {
				return err
			}
			cfg.Once = true
			return watch(cmd.Context(), cfg, o.face(false))
		},
	}
	o.buildFlags(cmd.Flags())
	o.faceFlags(cmd.Flags())
	return cmd
}

func planCommand() *cobra.Command {
	o := &options{}
	cmd := &cobra.Command{
		Use:   "plan [flags] PATH…",
		Short: "Tell which stages and steps would rerun if these paths changed (needs no engine)",
		Example: `  stagewatch plan app/main.py
  stagewatch plan --context examples/api examples/api/requirements.txt`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			cfg, err := o.config([]string{o.context})
			if err != nil {
				return err
			}
			bodies, err := engine.Explain(cmd.Context(), cfg, args)
			if err != nil {
				return err
			}
			return show(bodies, o.face(false))
		},
	}
	cmd.Flags().StringVar(&o.context, "context-dir", ".", "the build context")
	o.buildFlags(cmd.Flags())
	o.faceFlags(cmd.Flags())
	return cmd
}
