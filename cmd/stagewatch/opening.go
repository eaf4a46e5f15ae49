package main

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/pflag"

	"github.com/stagewatch/stagewatch/engine/dock"
	"github.com/stagewatch/stagewatch/engine/fault"
)

// opener makes the commands by which a dashboard opens shells: this program again.
type opener struct {
	program string
	// flags are those of stagewatch shell that say what is built, and of is its context, or its service.
	flags []string
	of    string
}

// openerOf returns an opener for what is built of a context, with those of the flags that stagewatch shell has too. It
// returns nil where the program can't be found again.
func openerOf(f *pflag.FlagSet, context string) *opener {
	o := openerWith(f, context, "--no-compose")
	if o != nil {
		// It is docker run's here, and docker compose's there.
		o.flags = slices.DeleteFunc(o.flags, func(arg string) bool { return strings.HasPrefix(arg, "--env-file=") })
	}
	return o
}

// openerFor is [openerOf] for a service of a project.
func openerFor(f *pflag.FlagSet, project, service string) *opener {
	// With the project's name a service is none of the folders.
	return openerWith(f, service, "--project-name="+project)
}

func openerWith(f *pflag.FlagSet, of, flag string) *opener {
	program, err := os.Executable()
	if err != nil {
		return nil
	}
	return &opener{program, append(passed(f, shellCommand().Flags()), flag), of}
}

// at opens a shell behind a step, or before it where it fails.
func (o *opener) at(stage string, step int) *exec.Cmd {
	if step > 0 {
		stage += ":" + strconv.Itoa(step)
	}
	return o.open("--at=" + stage)
}

// in opens a shell in a container. It returns nil where there is no docker command, which that takes.
func (o *opener) in(container string) *exec.Cmd {
	if _, err := exec.LookPath("docker"); err != nil {
		return nil
	}
	return o.open("--container=" + container)
}

func (o *opener) open(where string) *exec.Cmd {
	args := append([]string{"shell", "--pause"}, o.flags...)
	return exec.Command(o.program, append(args, where, o.of)...)
}

// passed returns the flags that were given as the arguments of another command, as far as that has them.
func passed(f, to *pflag.FlagSet) []string {
	var args []string
	f.Visit(func(flag *pflag.Flag) {
		same := counterpart(to, flag.Name)
		if same == nil {
			return
		}
		values := []string{flag.Value.String()}
		if several, ok := flag.Value.(pflag.SliceValue); ok {
			values = several.GetSlice()
		}
		for _, v := range values {
			args = append(args, "--"+same.Name+"="+v)
		}
	})
	return args
}

// docker runs the docker command, by what is run or executed attached to this program's own input and output.
func docker(ctx context.Context, engine dock.Options, terminal bool, args []string) (int, error) {
	program, err := exec.LookPath("docker")
	if err != nil {
		return 0, &fault.Error{What: "opening a shell in a container: there is no docker command", Hint: "Install the Docker CLI."}
	}
	var all []string
	if engine.Host != "" {
		all = append(all, "--host", engine.Host)
	}
	if engine.Context != "" {
		all = append(all, "--context", engine.Context)
	}
	all = append(all, args[0], "--interactive")
	if terminal {
		all = append(all, "--tty")
	}
	cmd := exec.CommandContext(ctx, program, append(all, args[1:]...)...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.WaitDelay = dockerWithin
	err = cmd.Run()
	var exit *exec.ExitError
	if errors.As(err, &exit) && exit.ExitCode() >= 0 {
		return exit.ExitCode(), nil
	}
	return 0, err
}

// dockerWithin is how long the docker command may take to end once it was told to.
const dockerWithin = 5 * time.Second
