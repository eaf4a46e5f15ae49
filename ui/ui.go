// Package ui is the dashboard: events in, frames and intents out.
//
// Update does no IO: what reaches the world (a browser, a shell, a file, the clipboard) goes out as a
// command through the hooks of [Options]. View is a pure function of the model. The package knows the
// engine by its events alone, never by docker or BuildKit, and paints only text that package clean went
// over.
package ui

import (
	"context"
	"errors"
	"io"
	"os"
	"os/exec"
	"time"

	tea "github.com/charmbracelet/bubbletea"

	"github.com/stagewatch/stagewatch/engine/event"
	"github.com/stagewatch/stagewatch/ui/draw"
	"github.com/stagewatch/stagewatch/ui/replay"
	"github.com/stagewatch/stagewatch/ui/story"
)

// Options is what a dashboard needs of the world around it. A nil hook makes its key say why it does nothing.
type Options struct {
	// Events is what happens. The dashboard ends when it is closed.
	Events <-chan event.Event
	// Tape replays a recording in place of Events.
	Tape *replay.Tape
	// Send takes what the person asks for; it must not block.
	Send func(event.Intent)

	// Context, Dockerfile and Target name what is being worked on, for the header.
	Context, Dockerfile, Target string

	// Shell returns the command that opens a shell in a container.
	Shell func(container string) *exec.Cmd
	// Open shows a URL in the person's browser.
	Open func(url string) error
	// SaveLog writes lines to a file of about that name, and returns the path that it took.
	SaveLog func(name string, lines []string) (path string, err error)
	// Copy puts text into the person's clipboard; by default OSC 52 on Output.
	Copy func(text string) error

	// Clock is time.Now unless a test says otherwise.
	Clock func() time.Time
	// LogLines bounds the log lines kept; 0 is 20,000.
	LogLines int

	// Input and Output are the terminal, by default stdin and stdout.
	Input  io.Reader
	Output io.Writer
	// Terminal says what the terminal can show; nil finds out from Output and the environment.
	Terminal *draw.Terminal
	// NoMouse leaves the mouse to the terminal from the start.
	NoMouse bool
	// Ended is called with all that is known when the dashboard is gone from the screen.
	Ended func(*story.Story)
}

// fps bounds the frames: more of them nobody sees.
const fps = 30

// Run shows the dashboard until the person quits, the events end or ctx does, none of which is an error.
func Run(ctx context.Context, opt Options) error {
	if opt.Output == nil {
		opt.Output = os.Stdout
	}
	paint := &painter{out: opt.Output}
	m := &live{Model: New(opt), paint: paint}
	m.exec, m.halt = paint.lend, paint.suspend
	// Nothing may be painted once bubbletea has given the terminal back.
	shown, end := context.WithCancel(context.WithoutCancel(ctx))
	defer end()
	defer context.AfterFunc(ctx, func() { paint.hold(); end() })()
	program := []tea.ProgramOption{
		tea.WithAltScreen(), tea.WithContext(shown), tea.WithFPS(idleFPS), tea.WithoutSignalHandler(),
		tea.WithOutput(opt.Output), tea.WithFilter(paint.filter),
	}
	if !opt.NoMouse {
		program = append(program, tea.WithMouseCellMotion())
	}
	if opt.Input != nil {
		program = append(program, tea.WithInput(opt.Input))
	}
	_, err := tea.NewProgram(m, program...).Run()
	if opt.Ended != nil {
		opt.Ended(m.story)
	}
	if errors.Is(err, tea.ErrProgramKilled) && ctx.Err() != nil {
		return nil
	}
	return err
}
