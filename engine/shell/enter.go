package shell

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/stagewatch/stagewatch/engine/fault"
	"github.com/stagewatch/stagewatch/engine/solve"
)

// historyFile is where a shell finds the failed command. It is on a file system of the container's own, and so in no state.
const historyFile = "/dev/shm/.stagewatch_history"

// enter starts the process at a spot. where says where that is, failed is the instruction that failed there, if any did.
func (o *opening) enter(ctx context.Context, at *solve.Spot, where, failed string) (code int, err error) {
	inside := o.builder.Inside(ctx, at, o.contexts, func(ctx context.Context, in *solve.Inside) error {
		p := solve.Process{Args: o.Command, Stdin: o.Stdin, Stdout: o.Stdout, Stderr: o.Stderr}
		command := ""
		if failed != "" {
			command = commandOf(in.Args())
		}
		if err := o.check(in, where, failed != ""); err != nil {
			return err
		}
		if len(p.Args) == 0 {
			shell, err := o.choose(in, where)
			if err != nil {
				return err
			}
			p.Args = []string{shell}
			if o.Take != nil && command != "" {
				p.Args, p.Env = withHistory(shell, command), []string{"HISTFILE=" + historyFile}
			}
		}
		o.Say(said(where, in, command, failed != ""))
		code, err = o.start(in, p)
		return err
	})
	if errors.Is(inside, solve.ErrNoContainers) {
		return 0, &fault.Error{What: "opening a shell", Err: solve.ErrNoContainers, Hint: runInstead}
	}
	var told *fault.Error
	if inside != nil && !errors.As(inside, &told) {
		return 0, &fault.Error{What: "opening a shell " + where, Err: solve.Plain(inside)}
	}
	return code, inside
}

// start runs a process, with the terminal where there is one.
func (o *opening) start(in *solve.Inside, p solve.Process) (int, error) {
	if o.Take != nil {
		sizes, giveBack, err := o.Take()
		if err != nil {
			return 0, err
		}
		defer giveBack()
		p.Sizes = sizes
	}
	return in.Run(p)
}

// choose returns the shell that the files have: one with line editing for a person, the plain one for a script.
func (o *opening) choose(in *solve.Inside, where string) (string, error) {
	shells := []string{"sh", "bash"}
	if o.Take != nil {
		shells = []string{"bash", "sh"}
	}
	shell, ok := in.Finds(shells...)
	if !ok {
		return "", &fault.Error{What: "opening a shell " + where + ": there is none, neither sh nor bash on its PATH", Hint: "Run a program that is there: stagewatch shell … -- PROGRAM. Or open a stage that has a shell, with --at STAGE."}
	}
	return shell, nil
}

// check returns an error for a command that is not there. What is mounted may have it.
func (o *opening) check(in *solve.Inside, where string, mounted bool) error {
	if len(o.Command) == 0 || mounted || strings.Contains(o.Command[0], "/") {
		return nil
	}
	if _, ok := in.Finds(o.Command[0]); !ok {
		return &fault.Error{What: fmt.Sprintf("opening a shell %s: there is no program %q on its PATH", where, o.Command[0]), Hint: "Name a program that the stage has, or its path."}
	}
	return nil
}

// withHistory returns the arguments for a shell that has a command in its history.
func withHistory(shell, command string) []string {
	if strings.Contains(command, "\n") && strings.HasSuffix(shell, "/bash") {
		// A time makes bash keep the lines together.
		command = "#1\n" + command
	}
	return []string{shell, "-c", `{ printf '%s\n' "$1" >"$HISTFILE"; } 2>/dev/null; exec "$0"`, shell, command}
}

// commandOf returns what an op executes as a person types it. A RUN in the form of a shell has the text in its last argument.
func commandOf(args []string) string {
	if n := len(args); n >= 3 && args[n-2] == "-c" {
		return args[n-1]
	}
	quoted := make([]string, len(args))
	for i, a := range args {
		quoted[i] = a
		if a == "" || strings.ContainsAny(a, " \t\n\"'\\$`|&;<>()*?[]#~{}!") {
			quoted[i] = "'" + strings.ReplaceAll(a, "'", `'\''`) + "'"
		}
	}
	return strings.Join(quoted, " ")
}

// said is what a person reads before the first prompt.
func said(where string, in *solve.Inside, command string, failed bool) []string {
	lines := []string{"Opening " + where}
	if mounts := in.Mounts(); failed && len(mounts) > 0 {
		lines = append(lines, "Mounted as for that step: "+strings.Join(mounts, ", "))
	}
	if command != "" {
		lines = append(lines, "Its command, also in the history of a shell that keeps one:")
		for line := range strings.SplitSeq(command, "\n") {
			lines = append(lines, "  "+line)
		}
	}
	return lines
}
