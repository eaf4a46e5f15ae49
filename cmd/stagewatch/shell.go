package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/stagewatch/stagewatch/engine/config"
	"github.com/stagewatch/stagewatch/engine/event"
	"github.com/stagewatch/stagewatch/engine/fault"
	"github.com/stagewatch/stagewatch/engine/shell"
	"github.com/stagewatch/stagewatch/ui/clean"
	"github.com/stagewatch/stagewatch/ui/plain"
	lent "github.com/stagewatch/stagewatch/ui/term"
)

// shells are the flags of stagewatch shell.
type shells struct {
	options
	composing
	at        string
	container string
	// pause waits for enter after an error, where the terminal shows something else next.
	pause bool
}

func shellCommand() *cobra.Command {
	o := &shells{}
	cmd := &cobra.Command{
		Use:   "shell [flags] [CONTEXT | SERVICE] [-- COMMAND…]",
		Short: "Open a shell in the state after a step, before the step that fails, or in a running container",
		Long: `Open a shell in the state of the build after a step, by default the last one of the target: with its files, its environment
and build arguments, its user and its folder. What is not in the cache is built first.

Where a step fails on the way, the shell opens in the state before that step, with what the step has mounted: caches, secrets,
SSH agents, files. Its command is shown and, on a terminal, in the history of the shell.

With --container it opens in a running container. Where that has no shell, or no such program as COMMAND, it opens beside
it: in a container of the stage before, with the other one's processes and network, and its files in /proc/1/root.

In a folder with a compose.yaml it is about the build of one of its services, which is named where several are built.

Without a terminal the shell reads a script from stdin. The exit code is that of the shell, or of the command. What is
written there is gone at the end, but for what is written into a cache.`,
		Example: `  stagewatch shell
  stagewatch shell --at build:4
  stagewatch shell api --at build
  stagewatch shell --container python-app
  stagewatch shell --at build --secret id=token,src=token.txt -- pip list
  echo 'ls -l /app' | stagewatch shell path/to/project`,
		Args: func(cmd *cobra.Command, args []string) error {
			return arguments(cobra.MaximumNArgs(1), "context")(cmd, args[:contexts(cmd, args)])
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			n := contexts(cmd, args)
			err := o.open(cmd, args[:n], args[n:])
			if o.pause {
				err = readUntilEnter(cmd.Context(), err)
			}
			return err
		},
	}
	o.composing.flags(cmd)
	f := cmd.Flags()
	o.sourceFlags(f)
	o.stepFlags(f, "")
	f.StringVar(&o.at, "at", "", "Stage, named as for --target, or a step of it: STAGE or STAGE:STEP (default the end of the target)")
	f.StringVar(&o.container, "container", "", "Name or id of a running container to open it in, or beside it where it has no shell")
	f.StringVar(&o.cfg.Before, "before", "", "Stage to open beside a container, named as for --target (default the stage that the target copies most from)")
	f.BoolVar(&o.pause, "pause", false, "Wait for enter after an error")
	_ = f.MarkHidden("pause")
	cmd.MarkFlagsMutuallyExclusive("at", "container")
	_ = cmd.RegisterFlagCompletionFunc("at", o.declared(func(stages, _ []string) []string { return stages }, cobra.ShellCompDirectiveNoFileComp|cobra.ShellCompDirectiveNoSpace))
	cmd.ValidArgsFunction = o.completeArgs
	o.complete(cmd)
	return cmd
}

// contexts returns how many of the arguments stand before the --, behind which a command begins.
func contexts(cmd *cobra.Command, args []string) int {
	if dash := cmd.ArgsLenAtDash(); dash >= 0 {
		return dash
	}
	return len(args)
}

func (o *shells) open(cmd *cobra.Command, args, command []string) error {
	o.progress = faceAuto
	ctx := cmd.Context()
	cfg, err := o.readOne(cmd, args)
	if err != nil {
		return err
	}
	r := shell.Request{Command: command, Container: o.container, Stdin: os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr}
	if o.at != "" {
		if r.At, err = shell.ParsePlace(o.at); err != nil {
			return err
		}
	}
	out := wrapped(os.Stderr)
	progress := plain.New(out, plain.Options{})
	r.Emit = func(b event.Body) { _ = progress.Print(event.Event{Body: b}) }
	r.Say = func(lines []string) {
		for _, l := range lines {
			fmt.Fprintln(out, clean.Line(l))
		}
	}
	terminal := term.IsTerminal(int(os.Stdin.Fd())) && term.IsTerminal(int(os.Stdout.Fd()))
	r.Docker = func(ctx context.Context, args []string) (int, error) { return docker(ctx, cfg.Engine, terminal, args) }
	if terminal {
		r.Take = func() (<-chan shell.Size, func(), error) { return take(ctx) }
	}
	code, err := shell.Open(ctx, cfg, r)
	if err == nil && code != 0 {
		err = exitCode(code)
	}
	return asTold(ctx, err)
}

// readOne reads what is built: a Dockerfile, or one service of a compose project.
func (o *shells) readOne(cmd *cobra.Command, args []string) (config.Config, error) {
	context, err := o.divide(cmd, args, cobra.ArbitraryArgs)
	if err != nil {
		return config.Config{}, err
	}
	// A container that is named needs no service until it turns out to have no shell.
	o.noCompose = o.noCompose || o.container != "" && len(o.compose.Services) == 0
	p, cfg, err := o.read(cmd, &o.options, context)
	if err != nil || p == nil {
		return cfg, err
	}
	s, err := oneBuilt(p, o.compose.Services)
	return s.Config(cfg), err
}

// take takes the terminal, until it is given back or ctx ends.
func take(ctx context.Context) (<-chan shell.Size, func(), error) {
	raw, err := lent.NewRaw(os.Stdin, os.Stdout)
	if err != nil {
		return nil, nil, &fault.Error{What: "opening a shell", Err: err}
	}
	// A second signal ends the program at once.
	stop := context.AfterFunc(ctx, raw.Close)
	sizes := make(chan shell.Size, 1)
	raw.Watch(func(rows, columns int) {
		select {
		case <-sizes: // one that nobody has asked for yet
		default:
		}
		sizes <- shell.Size{Rows: rows, Columns: columns}
	})
	return sizes, func() { stop(); raw.Close() }, nil
}

// readUntilEnter prints an error, and waits until the person has read it.
func readUntilEnter(ctx context.Context, err error) error {
	var code exitCode
	if err == nil || errors.As(err, &code) {
		return err
	}
	code = exitCode(report(wrapped(os.Stderr), err))
	fmt.Fprint(os.Stderr, "Press enter to go back. ")
	read := make(chan struct{})
	go func() {
		defer close(read)
		_, _ = bufio.NewReader(os.Stdin).ReadString('\n')
	}()
	select {
	case <-read:
	case <-ctx.Done():
	}
	return code
}
