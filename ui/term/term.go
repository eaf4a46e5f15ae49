// Package term is the dashboard's terminal: it finds out what the terminal can show, paints frames on it, lends it to
// other programs, and brings events in at the pace of frames.
//
// It is the only room of ui that touches the process and its environment.
package term

import (
	"context"
	"errors"
	"io"
	"os"
	"os/exec"
	"time"

	tea "github.com/charmbracelet/bubbletea"
)

// Command is a program that gets the terminal for as long as it runs.
type Command = exec.Cmd

const (
	// fps bounds the frames per second. Nobody sees more of them.
	fps = 30
	// FramePace is the shortest time between two frames.
	FramePace = time.Second / fps
	// idleFPS is how often bubbletea's own renderer looks for something to do. It wakes up that often for as long as it
	// runs, so [screen] paints the frames, and bubbletea keeps the rest: the alternate screen, the mouse, raw mode.
	idleFPS = 1
)

// Terminal is what a dashboard runs on.
type Terminal struct {
	paint *painter
}

// New returns the terminal behind out; nil is stdout.
func New(out io.Writer) *Terminal {
	return &Terminal{&painter{out: orStdout(out)}}
}

func orStdout(out io.Writer) io.Writer {
	if out == nil {
		return os.Stdout
	}
	return out
}

// Run shows the model's frames until it quits or ctx ends, neither of which is an error. A nil input is stdin.
func (t *Terminal) Run(ctx context.Context, m tea.Model, input io.Reader, mouse bool) error {
	// Nothing may be painted once bubbletea has given the terminal back.
	shown, end := context.WithCancel(context.WithoutCancel(ctx))
	defer end()
	defer context.AfterFunc(ctx, func() { t.paint.hold(); end() })()
	program := []tea.ProgramOption{
		tea.WithAltScreen(), tea.WithContext(shown), tea.WithFPS(idleFPS), tea.WithoutSignalHandler(),
		tea.WithOutput(t.paint.out), tea.WithFilter(t.paint.filter),
	}
	if mouse {
		program = append(program, tea.WithMouseCellMotion())
	}
	if input != nil {
		program = append(program, tea.WithInput(input))
	}
	_, err := tea.NewProgram(&screen{model: m, paint: t.paint}, program...).Run()
	if errors.Is(err, tea.ErrProgramKilled) && ctx.Err() != nil {
		return nil
	}
	return err
}

// Lend gives the terminal to a command and takes it back when the command has ended. The message that done makes of the
// command's error goes to the model.
func (t *Terminal) Lend(cmd *Command, done func(error) tea.Msg) tea.Cmd {
	return t.paint.lend(cmd, done)
}

// Suspend shows a line on the shell's screen and stops the program until the shell continues it.
func (t *Terminal) Suspend(says string) tea.Cmd { return t.paint.suspend(says) }
