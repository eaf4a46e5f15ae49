// Package ui is the dashboard: events in, frames and intents out.
//
// Update does no IO: what reaches the world (a browser, a shell, a file, the clipboard) goes out as a command through the
// hooks of [Options]. View is a pure function of the model. The package knows the engine only by its events, and paints
// only text that package clean has cleaned.
//
// A [Model] holds the story and how it is looked at. Its panels are each made in a file of their own; newPanels lists them.
// Package board arranges them on the screen. What fills them is a list of rows, of package rows, or the log of package
// logview; what rows say is laid out by package present.
package ui

import (
	"context"
	"io"
	"time"

	tea "github.com/charmbracelet/bubbletea"

	"github.com/stagewatch/stagewatch/engine/event"
	"github.com/stagewatch/stagewatch/ui/draw"
	"github.com/stagewatch/stagewatch/ui/replay"
	"github.com/stagewatch/stagewatch/ui/story"
	"github.com/stagewatch/stagewatch/ui/term"
)

// Options is what a dashboard needs of the world around it. A nil hook makes its key say why it does nothing.
type Options struct {
	// Events is what happens. The dashboard ends when it is closed.
	Events <-chan event.Event
	// Tape replays a recording in place of Events.
	Tape *replay.Tape
	// Send passes on what the person asks for. It must not block.
	Send func(event.Intent)

	// Context, Dockerfile and Target name what is being worked on, for the header.
	Context, Dockerfile, Target string

	// Shell returns the command that opens a shell in a container.
	Shell func(container string) *term.Command
	// ShellAt returns the command that opens a shell behind a step of the build, or before it where it fails. Step 0 is the end
	// of the stage.
	ShellAt func(stage string, step int) *term.Command
	// Lent is called when one of these gets the terminal, and when it has given it back.
	Lent func(lent bool)
	// Open shows a URL in the person's browser.
	Open func(url string) error
	// SaveLog writes lines to a file named like name, and returns its path.
	SaveLog func(name string, lines []string) (path string, err error)
	// Copy puts text into the person's clipboard. The default is OSC 52 on Output.
	Copy func(text string) error

	// Clock is time.Now by default.
	Clock func() time.Time
	// LogLines is the most log lines that are kept; 0 is 20,000.
	LogLines int

	// Input and Output are the terminal, by default stdin and stdout.
	Input  io.Reader
	Output io.Writer
	// Terminal says what the terminal can show. By default Output and the environment do.
	Terminal *draw.Terminal
	// NoMouse leaves the mouse to the terminal from the start.
	NoMouse bool
	// Attached: the session is another program's, and goes on without the dashboard.
	Attached bool
	// Ended is called with the story when the dashboard is gone from the screen.
	Ended func(*story.Story)
}

// Run shows the dashboard until the person quits, the events end or ctx does, none of which is an error.
func Run(ctx context.Context, opt Options) error {
	t := term.New(opt.Output)
	m := New(opt)
	m.exec, m.halt = opt.lend(t), t.Suspend
	err := t.Run(ctx, m, opt.Input, !opt.NoMouse)
	if opt.Ended != nil {
		opt.Ended(m.story)
	}
	return err
}

// lend returns what lends the terminal to a command.
func (opt Options) lend(t *term.Terminal) func(*term.Command, func(error) tea.Msg) tea.Cmd {
	if opt.Lent == nil {
		return t.Lend
	}
	return func(cmd *term.Command, done func(error) tea.Msg) tea.Cmd {
		opt.Lent(true)
		return t.Lend(cmd, func(err error) tea.Msg {
			opt.Lent(false)
			return done(err)
		})
	}
}
