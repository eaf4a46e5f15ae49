package ui

import (
	"github.com/charmbracelet/bubbles/key"
	tea "github.com/charmbracelet/bubbletea"

	"github.com/stagewatch/stagewatch/engine/event"
)

// command joins a key with what it does and with where that makes sense.
type command struct {
	key.Binding
	group string
	// when reports whether the key works here; nil is always. A key that does not work is not offered.
	when func(*Model) bool
	do   func(*Model) tea.Cmd
	// rank orders the bottom line, the lowest first. 0 keeps a key off it, as one that now only says why it does nothing.
	rank int
}

// commands is the keyboard, in the order of the help page.
func (m *Model) commands() []command { return m.commandsFor(doable{}) }

// commandsFor is the keyboard with the ranks of the keys that do something now.
func (m *Model) commandsFor(now doable) []command {
	k := &m.keys
	live := func(m *Model) bool { return m.opt.Tape == nil }
	tape := func(m *Model) bool { return m.opt.Tape != nil }
	ranked := func(does bool, rank int) int {
		if does {
			return rank
		}
		return 0
	}
	list := []command{
		{k.Up, "Move", nil, move(-1), 0},
		{k.Down, "Move", nil, move(1), 0},
		{k.PageUp, "Move", nil, movePage(-1), 0},
		{k.PageDown, "Move", nil, movePage(1), 0},
		{k.Top, "Move", nil, moveEnd(-1), 0},
		{k.Bottom, "Move", nil, moveEnd(1), 0},
		{k.Open, "Move", (*Model).canOpen, (*Model).openSelected, 10},
		{k.Full, "Move", nil, (*Model).inFull, ranked(now.more, 11)},
		{k.Fold, "Move", (*Model).canFold, (*Model).fold, 12},
		{k.Back, "Move", (*Model).canGoBack, (*Model).back, 5},
	}
	for _, p := range m.board.Panels {
		list = append(list, command{p.Key, "Panels", nil, goTo(p), 0})
	}
	return append(list, []command{
		{k.Next, "Panels", nil, cycle(1), ranked(now.next, 36)},
		{k.Prev, "Panels", nil, cycle(-1), 0},
		{k.NextTab, "Panels", (*Model).hasTabs, turnTab(1), 40},
		{k.PrevTab, "Panels", (*Model).hasTabs, turnTab(-1), 0},
		{k.Zoom, "Panels", func(m *Model) bool { return !m.board.Zoomed }, zoom(true), ranked(now.zooms, 42)},
		{k.Unzoom, "Panels", func(m *Model) bool { return m.board.Zoomed }, zoom(false), ranked(now.zooms, 8)},

		{k.Build, "Do", live, (*Model).build, 30},
		{k.BuildFresh, "Do", live, (*Model).buildFresh, 0},
		{k.Restart, "Do", live, (*Model).restart, ranked(now.restart, 32)},
		{k.Stop, "Do", live, (*Model).stop, 0},
		{k.Shell, "Do", live, (*Model).shell, ranked(now.serves, 46)},
		{k.ShellAt, "Do", live, (*Model).shellAt, ranked(now.failed, 18)},
		{k.Browse, "Do", live, (*Model).browse, ranked(now.serves, 34)},
		{k.Watch, "Do", live, (*Model).watch, 44},
		{k.Checks, "Do", func(m *Model) bool { return len(m.story.Checks) > 0 }, (*Model).checks, 19},

		{k.Search, "Text", nil, (*Model).startSearch, ranked(now.text, 38)},
		{k.SearchNext, "Text", (*Model).searching, findNext(1), ranked(now.match, 6)},
		{k.SearchPrev, "Text", (*Model).searching, findNext(-1), ranked(now.match, 39)},
		{k.Filter, "Text", (*Model).inLog, (*Model).startFilter, ranked(now.text, 17)},
		{k.Follow, "Text", (*Model).inStream, (*Model).toggleFollow, ranked(now.text, 14)},
		{k.Wrap, "Text", (*Model).inStream, (*Model).toggleWrap, ranked(now.text, 15)},
		{k.Timestamps, "Text", (*Model).inLog, (*Model).toggleTimes, ranked(now.text, 16)},
		{k.Raw, "Text", (*Model).inLog, (*Model).toggleRaw, 0},
		{k.Copy, "Text", nil, (*Model).copy, ranked(now.text, 60)},
		{k.Save, "Text", nil, (*Model).save, ranked(now.save, 61)},

		{k.Pause, "Replay", tape, (*Model).pause, ranked(now.plays, 9)},
		{k.StepOn, "Replay", tape, stepTape(1), ranked(now.plays, 27)},
		{k.StepBack, "Replay", tape, stepTape(-1), 0},
		{k.SeekOn, "Replay", tape, seekBuild(false), ranked(now.plays, 25)},
		{k.SeekBack, "Replay", tape, seekBuild(true), ranked(now.played, 26)},
		{k.Faster, "Replay", tape, pace(2), ranked(now.plays, 28)},
		{k.Slower, "Replay", tape, pace(0.5), ranked(now.plays, 29)},

		{k.Mouse, "Session", nil, (*Model).toggleMouse, 0},
		{k.Suspend, "Session", nil, (*Model).suspend, 0},
		{k.Help, "Session", nil, (*Model).help, 90},
		{k.Quit, "Session", nil, func(*Model) tea.Cmd { return tea.Quit }, 91},
	}...)
}

// doable says which keys would do something now. The others only say why they do not.
type doable struct {
	// more: the lines at the top are cut. next: there is another panel. zooms: zooming changes the screen.
	more, next, zooms bool
	// restart and serves are about the app, text is about the focused panel, save about what there is to save.
	restart, serves, text, save bool
	// failed: the build that is shown failed at a step, and a shell can be opened there.
	failed bool
	// match: the search has somewhere to go.
	match bool
	// plays and played: the tape has something left to play, and has played something.
	plays, played bool
}

func (m *Model) doable() doable {
	s := m.story
	logged := s.Logs.Len() > 0
	there := s.Warned(event.CodeEngineGone) == nil
	d := doable{
		more: m.shortened(), next: m.board.Next(1) != m.board.Focus, zooms: m.board.Zooms(),
		serves:  there && s.Serving != nil && s.Serving.URL != "",
		restart: there && (s.Serving != nil || s.Down != nil || s.Starting != nil),
		text:    !m.inLog() || logged,
		save:    logged,
	}
	if b := m.shown(); b != nil && b.Failure != nil {
		d.failed = b.Failure.Stage != "" && m.opt.ShellAt != nil
	}
	if text := m.board.Body().Text(); text != nil {
		d.save = len(text()) > 0
	}
	if m.look.Search != "" {
		at, of := m.board.Body().Found()
		d.match = of > 1 || of == 1 && at == 0
	}
	if tape := m.opt.Tape; tape != nil {
		next, total, _ := tape.Position()
		d.plays, d.played = next < total, next > 0
	}
	return d
}

// typing takes what was typed. Keys that come in one piece, as over a slow link, are taken one by one. A paste is text for
// an input line and nothing else.
func (m *Model) typing(msg tea.KeyMsg) tea.Cmd {
	if msg.Paste && m.input == nil {
		return nil
	}
	if msg.Type != tea.KeyRunes || len(msg.Runes) < 2 || msg.Paste {
		return m.key(msg)
	}
	var cmds []tea.Cmd
	for _, r := range msg.Runes {
		cmds = append(cmds, m.key(tea.KeyMsg{Type: tea.KeyRunes, Runes: []rune{r}, Alt: msg.Alt}))
		m.settle()
	}
	return tea.Sequence(cmds...)
}

// key finds the command of a key. A question or an input line takes the keys first.
func (m *Model) key(msg tea.KeyMsg) tea.Cmd {
	switch {
	case msg.Type == tea.KeyCtrlC:
		return tea.Quit
	case m.ask != nil:
		return m.answer(msg)
	case m.input != nil:
		if m.input.typed(msg) {
			m.input = nil
		}
		return nil
	}
	if m.toast.text != "" {
		m.toast = toast{}
		m.arrange()
	}
	for _, c := range m.commands() {
		if key.Matches(msg, c.Binding) && (c.when == nil || c.when(m)) {
			return c.do(m)
		}
	}
	return nil
}

// answer takes the keys while a question stands.
func (m *Model) answer(msg tea.KeyMsg) tea.Cmd {
	switch {
	case key.Matches(msg, m.keys.Yes):
		yes := m.ask.yes
		m.ask = nil
		return yes(m)
	case key.Matches(msg, m.keys.No), key.Matches(msg, m.keys.Quit):
		m.ask = nil
	}
	return nil
}
