package ui

import (
	"errors"

	tea "github.com/charmbracelet/bubbletea"

	"github.com/stagewatch/stagewatch/ui/board"
	"github.com/stagewatch/stagewatch/ui/draw"
	"github.com/stagewatch/stagewatch/ui/present"
	"github.com/stagewatch/stagewatch/ui/rows"
	"github.com/stagewatch/stagewatch/ui/story"
)

// noDocker says why there is no shell: it is opened by docker's own command.
const noDocker = "a shell needs the docker command; install the Docker CLI"

func (m *Model) shell() tea.Cmd {
	switch {
	case m.opt.Shell == nil:
		m.say(draw.Warn, noDocker)
	case m.story.Serving == nil:
		m.say(draw.Warn, "no container is running; a shell opens once a build serves")
	default:
		cmd := m.opt.Shell(m.story.Serving.Container)
		if cmd == nil {
			m.say(draw.Warn, noDocker)
			return nil
		}
		return m.exec(cmd, shellEnded)
	}
	return nil
}

// shellEnded says why a shell was not opened. The code of one that was is that of its last command, which is no error here.
func shellEnded(err error) tea.Msg {
	var exit interface{ ExitCode() int }
	if err != nil && !errors.As(err, &exit) {
		return noteMsg{draw.Bad, "opening a shell: " + err.Error()}
	}
	return nil
}

// shellAt opens a shell at the step that the cursor is on, or that a page is about.
func (m *Model) shellAt() tea.Cmd {
	stage, step := m.place()
	switch {
	case m.opt.ShellAt == nil && m.opt.Attached:
		m.say(draw.Warn, "a shell at a step opens in the session's own dashboard, or with stagewatch shell")
	case m.opt.ShellAt == nil:
		m.say(draw.Warn, "no shell can be opened from here")
	case stage == "":
		m.say(draw.Warn, "select a step first, in panel 1")
	default:
		return m.exec(m.opt.ShellAt(stage, step), shellEnded)
	}
	return nil
}

// place returns the step that the person looks at, 0 for the end of the stage.
func (m *Model) place() (stage string, step int) {
	for _, body := range []board.Body{m.board.Body(), m.board.Centre().Body()} {
		list, ok := body.(*rows.List)
		if !ok {
			continue
		}
		switch ref := list.Subject().(type) {
		case *story.Step:
			return ref.Stage, ref.Index
		case present.OutputRef:
			return ref.Step.Stage, ref.Step.Index
		case *story.Stage:
			if ref.Needed && !ref.Replaced {
				return ref.Name, 0
			}
		}
	}
	return "", 0
}
