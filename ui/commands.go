package ui

import (
	"github.com/charmbracelet/bubbles/key"
	tea "github.com/charmbracelet/bubbletea"
)

// command joins a key with what it does and with where that makes sense.
type command struct {
	key.Binding
	group string
	// when tells whether the key works here; nil is always. A key that doesn't work is not offered.
	when func(*Model) bool
	do   func(*Model) tea.Cmd
	// rank orders the bottom line, the least first; 0 keeps a key off it.
	rank int
}

// commands is the keyboard, in the order of the help page.
func (m *Model) commands() []command {
	k := &m.keys
	live := func(m *Model) bool { return m.opt.Tape == nil }
	tape := func(m *Model) bool { return m.opt.Tape != nil }
	full := 0
	if m.shortened() {
		full = 11
	}
	inLog := func(m *Model) bool { return m.focus == logs && m.panes[logs].tab == 0 }
	return []command{
		{k.Up, "Move", nil, move(-1), 0},
		{k.Down, "Move", nil, move(1), 0},
		{k.PageUp, "Move", nil, movePage(-1), 0},
		{k.PageDown, "Move", nil, movePage(1), 0},
		{k.Top, "Move", nil, moveEnd(-1), 0},
		{k.Bottom, "Move", nil, moveEnd(1), 0},
		{k.Open, "Move", (*Model).canOpen, (*Model).openSelected, 10},
		{k.Full, "Move", nil, (*Model).inFull, full},
		{k.Fold, "Move", (*Model).canFold, (*Model).fold, 12},
		{k.Back, "Move", (*Model).canGoBack, (*Model).back, 5},

		{k.Stages, "Panels", nil, goTo(stages), 0},
		{k.Sizes, "Panels", nil, goTo(sizes), 0},
		{k.Changes, "Panels", nil, goTo(changes), 0},
		{k.Logs, "Panels", nil, goTo(logs), 0},
		{k.Builds, "Panels", nil, goTo(builds), 0},
		{k.Next, "Panels", nil, cycle(1), 36},
		{k.Prev, "Panels", nil, cycle(-1), 0},
		{k.NextTab, "Panels", (*Model).hasTabs, turnTab(1), 40},
		{k.PrevTab, "Panels", (*Model).hasTabs, turnTab(-1), 0},
		{k.Zoom, "Panels", func(m *Model) bool { return !m.zoomed }, zoom(true), 42},
		{k.Unzoom, "Panels", func(m *Model) bool { return m.zoomed }, zoom(false), 8},

		{k.Build, "Do", live, (*Model).build, 30},
		{k.BuildFresh, "Do", live, (*Model).buildFresh, 0},
		{k.Restart, "Do", live, (*Model).restart, 32},
		{k.Stop, "Do", live, (*Model).stop, 0},
		{k.Shell, "Do", live, (*Model).shell, 46},
		{k.Browse, "Do", live, (*Model).browse, 34},
		{k.Watch, "Do", live, (*Model).watch, 44},

		{k.Search, "Text", nil, (*Model).startSearch, 38},
		{k.SearchNext, "Text", (*Model).searching, findNext(1), 6},
		{k.SearchPrev, "Text", (*Model).searching, findNext(-1), 39},
		{k.Filter, "Text", inLog, (*Model).startFilter, 17},
		{k.Follow, "Text", func(m *Model) bool { return m.focus == logs }, (*Model).toggleFollow, 14},
		{k.Wrap, "Text", func(m *Model) bool { return m.focus == logs }, (*Model).toggleWrap, 15},
		{k.Timestamps, "Text", inLog, (*Model).toggleTimes, 16},
		{k.Raw, "Text", inLog, (*Model).toggleRaw, 0},
		{k.Copy, "Text", nil, (*Model).copy, 60},
		{k.Save, "Text", nil, (*Model).save, 61},

		{k.Pause, "Replay", tape, (*Model).pause, 9},
		{k.StepOn, "Replay", tape, stepTape(1), 27},
		{k.StepBack, "Replay", tape, stepTape(-1), 0},
		{k.SeekOn, "Replay", tape, seekBuild(false), 25},
		{k.SeekBack, "Replay", tape, seekBuild(true), 26},
		{k.Faster, "Replay", tape, pace(2), 28},
		{k.Slower, "Replay", tape, pace(0.5), 29},

		{k.Mouse, "Session", nil, (*Model).toggleMouse, 0},
		{k.Suspend, "Session", nil, (*Model).suspend, 0},
		{k.Help, "Session", nil, (*Model).help, 90},
		{k.Quit, "Session", nil, func(*Model) tea.Cmd { return tea.Quit }, 91},
	}
}

// typing takes what was typed. Keys that came in one piece, as they do over a slow link, are taken one by
// one; a paste is text for an input line, and nothing else.
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
		m.typed(msg)
		return nil
	}
	m.toast = toast{}
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
