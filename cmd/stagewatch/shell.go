package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strconv"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
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
	at string
	// pause waits for enter after an error, where the terminal shows something else next.
	pause bool
}

func shellCommand() *cobra.Command {
	o := &shells{}
	cmd := &cobra.Command{
		Use:   "shell [flags] [CONTEXT] [-- COMMAND…]",
		Short: "Open a shell in the state after a step, or before the step that fails",
		Long: `Open a shell in the state of the build after a step, by default the last one of the target: with its files, its environment
and build arguments, its user and its folder. What is not in the cache is built first.

Where a step fails on the way, the shell opens in the state before that step, with what the step has mounted: caches, secrets,
SSH agents, files. Its command is shown and, on a terminal, in the history of the shell.

Without a terminal the shell reads a script from stdin. The exit code is that of the shell, or of the command. What is
written there is gone at the end, but for what is written into a cache.`,
		Example: `  stagewatch shell
  stagewatch shell --at build:4
  stagewatch shell --at build --secret id=token,src=token.txt -- pip list
  echo 'ls -l /app' | stagewatch shell path/to/project`,
		Args: func(cmd *cobra.Command, args []string) error {
			return arguments(cobra.MaximumNArgs(1), "context")(cmd, args[:contexts(cmd, args)])
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			n := contexts(cmd, args)
			err := o.open(cmd.Context(), args[:n], args[n:])
			if o.pause {
				err = readUntilEnter(cmd.Context(), err)
			}
			return err
		},
	}
	f := cmd.Flags()
	o.sourceFlags(f)
	f.StringVar(&o.at, "at", "", "Stage, named as for --target, or a step of it: STAGE or STAGE:STEP (default the end of the target)")
	f.BoolVar(&o.pause, "pause", false, "Wait for enter after an error")
	_ = f.MarkHidden("pause")
	_ = cmd.RegisterFlagCompletionFunc("at", o.declared(func(stages, _ []string) []string { return stages }, cobra.ShellCompDirectiveNoFileComp|cobra.ShellCompDirectiveNoSpace))
	cmd.ValidArgsFunction = one(folders)
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

func (o *shells) open(ctx context.Context, args, command []string) error {
	o.progress = faceAuto
	cfg, err := o.config(args)
	if err != nil {
		return err
	}
	r := shell.Request{Command: command, Stdin: os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr}
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
	if term.IsTerminal(int(os.Stdin.Fd())) && term.IsTerminal(int(os.Stdout.Fd())) {
		r.Take = func() (<-chan shell.Size, func(), error) { return take(ctx) }
	}
	code, err := shell.Open(ctx, cfg, r)
	if err == nil && code != 0 {
		err = exitCode(code)
	}
	return asTold(ctx, err)
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

// shellAt returns a function that makes the command for a shell at a step: this program again, with those of the flags that
// say what is built.
func shellAt(f *pflag.FlagSet, cfg config.Config) func(stage string, step int) *exec.Cmd {
	program, err := os.Executable()
	if err != nil {
		return nil
	}
	args := append([]string{"shell", "--pause"}, passed(f, shellCommand().Flags())...)
	return func(stage string, step int) *exec.Cmd {
		at := stage
		if step > 0 {
			at += ":" + strconv.Itoa(step)
		}
		return exec.Command(program, append(args[:len(args):len(args)], "--at="+at, cfg.Context)...)
	}
}

// passed returns the flags that were given as the arguments of another command, as far as that has them.
func passed(f, to *pflag.FlagSet) []string {
	var args []string
	f.Visit(func(flag *pflag.Flag) {
		if to.Lookup(flag.Name) == nil {
			return
		}
		values := []string{flag.Value.String()}
		if several, ok := flag.Value.(pflag.SliceValue); ok {
			values = several.GetSlice()
		}
		for _, v := range values {
			args = append(args, "--"+flag.Name+"="+v)
		}
	})
	return args
}
