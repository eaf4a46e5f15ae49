package term

import (
	"fmt"
	"io"

	tea "github.com/charmbracelet/bubbletea"
)

// suspension shows a line on the shell's screen and stops the program until the shell continues it.
type suspension struct {
	out  io.Writer
	says string
}

func (s *suspension) Run() error {
	if _, err := fmt.Fprintln(s.out, s.says); err != nil {
		return err
	}
	return stopUntilContinued()
}

func (s *suspension) SetStdin(io.Reader)      {}
func (s *suspension) SetStdout(out io.Writer) { s.out = out }
func (s *suspension) SetStderr(io.Writer)     {}

func (p *painter) suspend(says string) tea.Cmd {
	return func() tea.Msg {
		p.hold()
		return tea.Exec(&suspension{says: says}, func(err error) tea.Msg {
			p.resume()
			return backMsg{}
		})()
	}
}
