package ui

import (
	"fmt"
	"io"

	tea "github.com/charmbracelet/bubbletea"
)

// suspension stops the program until the shell has it go on. The shell shows what it says first.
type suspension struct {
	out  io.Writer
	says string
}

func (s *suspension) Run() error {
	if _, err := fmt.Fprintln(s.out, s.says); err != nil {
		return err
	}
	return stopUntilWanted()
}

func (s *suspension) SetStdin(io.Reader)      {}
func (s *suspension) SetStdout(out io.Writer) { s.out = out }
func (s *suspension) SetStderr(io.Writer)     {}

// suspend gives the terminal back to the shell. The whole program stops, and with it what a person may not expect to:
// the port is ours.
func (m *Model) suspend() tea.Cmd {
	if m.halt == nil {
		return tea.Suspend
	}
	says := "stagewatch is suspended: it builds nothing"
	if s := m.story.Serving; m.opt.Tape == nil && s != nil && s.URL != "" {
		says += ", and " + s.URL + " does not answer"
	}
	return m.halt(says + ", until you type fg.")
}

// suspend stops the program, and takes the terminal back after.
func (p *painter) suspend(says string) tea.Cmd {
	return func() tea.Msg {
		p.hold()
		return tea.Exec(&suspension{says: says}, func(err error) tea.Msg {
			p.resume()
			return backMsg{}
		})()
	}
}
