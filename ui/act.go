package ui

import (
	"fmt"
	"strings"

	tea "github.com/charmbracelet/bubbletea"

	"github.com/stagewatch/stagewatch/engine/event"
	"github.com/stagewatch/stagewatch/engine/human"
	"github.com/stagewatch/stagewatch/ui/clean"
	"github.com/stagewatch/stagewatch/ui/draw"
	"github.com/stagewatch/stagewatch/ui/present"
)

// noteMsg is the report of a command that ran outside.
type noteMsg struct {
	style draw.Style
	text  string
}

// say shows the answer to a key for a while. The time on the screen may be that of the last event, long ago: counted from
// there the answer would be over before it is seen.
func (m *Model) say(st draw.Style, text string) {
	if m.opt.Tape == nil {
		m.now = m.opt.Clock()
	}
	m.toast = toast{text: clean.Line(text), style: st, until: m.now.Add(toastTime)}
}

// send hands an intent to the engine.
func (m *Model) send(i event.Intent, said string) tea.Cmd {
	if m.opt.Send == nil {
		m.say(draw.Warn, "there is no engine to ask")
		return nil
	}
	send := m.opt.Send
	m.say(draw.Accent, said)
	return func() tea.Msg {
		send(i)
		return nil
	}
}

func (m *Model) build() tea.Cmd { return m.send(event.Rebuild{}, "build requested") }

func (m *Model) buildFresh() tea.Cmd {
	m.ask = &question{"Build everything again without the cache?", func(m *Model) tea.Cmd {
		return m.send(event.Rebuild{NoCache: true}, "build without the cache requested")
	}}
	return nil
}

func (m *Model) restart() tea.Cmd { return m.send(event.Restart{}, "restart requested") }

func (m *Model) stop() tea.Cmd {
	m.ask = &question{"Stop the app? Nothing will answer until the next build or restart.", func(m *Model) tea.Cmd {
		return m.send(event.Stop{}, "stop requested")
	}}
	return nil
}

func (m *Model) watch() tea.Cmd {
	on := m.story.Watching == nil || m.story.Watching.On
	if on {
		return m.send(event.Watch{On: false}, "pausing: new saves are not built")
	}
	return m.send(event.Watch{On: true}, "watching again")
}

func (m *Model) browse() tea.Cmd {
	switch {
	case m.story.Serving == nil || m.story.Serving.URL == "":
		m.say(draw.Warn, "nothing answers yet; try again once a build serves")
	case m.opt.Open == nil:
		m.say(draw.Warn, "no browser can be opened from here; open "+m.story.Serving.URL+" yourself")
	default:
		open, url := m.opt.Open, m.story.Serving.URL
		return func() tea.Msg {
			if err := open(url); err != nil {
				return noteMsg{draw.Bad, "opening " + url + ": " + err.Error()}
			}
			return noteMsg{draw.Accent, "opened " + url}
		}
	}
	return nil
}

// copy puts the text of the focused panel into the clipboard.
func (m *Model) copy() tea.Cmd {
	c := m.board.Body().Copy()
	if len(c.Lines) == 0 {
		m.say(draw.Warn, "there is nothing to copy here")
		return nil
	}
	put, text := m.opt.Copy, c.Lines[0]
	said := "copied " + c.What + ": " + draw.Cut(text, 60)
	if n := len(c.Lines); n > 1 {
		text = strings.Join(c.Lines, "\n") + "\n"
		said = fmt.Sprintf("copied %s, %d lines", c.What, n)
	}
	return func() tea.Msg {
		if err := put(text); err != nil {
			return noteMsg{draw.Bad, "copying: " + err.Error()}
		}
		return noteMsg{draw.Accent, said}
	}
}

// save writes the whole text behind the focused panel into a file.
func (m *Model) save() tea.Cmd {
	if m.opt.SaveLog == nil {
		m.say(draw.Warn, "files cannot be saved from here")
		return nil
	}
	name, lines := m.savable()
	if len(lines) == 0 {
		m.say(draw.Warn, "there is nothing to save yet")
		return nil
	}
	save := m.opt.SaveLog
	return func() tea.Msg {
		path, err := save(name, lines)
		if err != nil {
			return noteMsg{draw.Bad, "saving: " + err.Error()}
		}
		return noteMsg{draw.Accent, "saved " + human.Count(len(lines), "line") + " to " + path}
	}
}

// savable is the whole text behind the focused panel and a name for its file: what a step or the build printed, else the
// app's log.
func (m *Model) savable() (string, []string) {
	if text := m.board.Body().Text(); text != nil {
		return "build.log", text()
	}
	return "app.log", present.CopyLog(m.story.Logs)
}

func (m *Model) toggleMouse() tea.Cmd {
	m.mouse = !m.mouse
	if m.mouse {
		m.say(draw.Accent, "mouse on: click and wheel work here")
		return tea.EnableMouseCellMotion
	}
	m.say(draw.Accent, "mouse off: select text with the terminal, M turns it on again")
	return tea.DisableMouse
}

// suspend gives the terminal back to the shell. The whole program stops, so the message says what a person may not
// expect: the port stops answering too.
func (m *Model) suspend() tea.Cmd {
	if m.halt == nil {
		return tea.Suspend
	}
	if m.opt.Attached {
		return m.halt("The dashboard is suspended, and the session goes on; fg brings it back.")
	}
	says := "stagewatch is suspended: it builds nothing"
	if s := m.story.Serving; m.opt.Tape == nil && s != nil && s.URL != "" {
		says += ", and " + s.URL + " does not answer"
	}
	return m.halt(says + ", until you type fg.")
}
