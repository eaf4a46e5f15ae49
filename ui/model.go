package ui

import (
	"time"

	tea "github.com/charmbracelet/bubbletea"

	"github.com/stagewatch/stagewatch/engine/event"
	"github.com/stagewatch/stagewatch/ui/board"
	"github.com/stagewatch/stagewatch/ui/draw"
	"github.com/stagewatch/stagewatch/ui/logview"
	"github.com/stagewatch/stagewatch/ui/look"
	"github.com/stagewatch/stagewatch/ui/story"
	"github.com/stagewatch/stagewatch/ui/term"
)

// defaultLogLines is how many log lines are kept by default.
const defaultLogLines = 20_000

// Model is the dashboard's state. Only Update changes it.
type Model struct {
	opt   Options
	keys  KeyMap
	story *story.Story

	width, height int
	now           time.Time
	lastBatch     time.Time
	ticking       bool
	spin          int

	board *board.Board
	// look is what the bodies of the panels share: the theme, the search text.
	look   *look.Shared
	log    *logview.Log
	lay    layout
	folded map[string]bool
	// pinned is the build that is looked at in place of the newest; 0 is the newest.
	pinned int
	// dismissed is the newest failed build whose failure was closed by hand.
	dismissed int

	ask     *question
	input   *input
	toast   toast
	noticed noticed
	mouse   bool
	// exec gives the terminal to a command.
	exec func(*term.Command, func(error) tea.Msg) tea.Cmd
	// halt shows a line on the shell's screen and stops the program; nil leaves that to bubbletea.
	halt func(says string) tea.Cmd
}

// question is asked before what can't be undone.
type question struct {
	text string
	yes  func(*Model) tea.Cmd
}

// toast is a short answer to a key, shown in place of the key line.
type toast struct {
	text  string
	style draw.Style
	until time.Time
	// passing reports whether it answers no key, and gives way to what does.
	passing bool
}

const toastTime = 4 * time.Second

// New returns the dashboard before any event.
func New(opt Options) *Model {
	if opt.Clock == nil {
		opt.Clock = time.Now
	}
	if opt.LogLines == 0 {
		opt.LogLines = defaultLogLines
	}
	if opt.Copy == nil {
		opt.Copy = term.Clipboard(opt.Output)
	}
	terminal := opt.Terminal
	if terminal == nil {
		found := term.Detect(opt.Output)
		terminal = &found
	}
	m := &Model{
		exec: func(cmd *term.Command, done func(error) tea.Msg) tea.Cmd { return tea.ExecProcess(cmd, done) },
		opt:  opt, keys: DefaultKeyMap(), story: story.New(opt.LogLines),
		now: opt.Clock(), folded: map[string]bool{}, noticed: noticed{}, mouse: !opt.NoMouse,
	}
	m.look = &look.Shared{View: m.view, Open: m.opener, Theme: draw.NewTheme(*terminal)}
	m.log = logview.New(m.look)
	m.board = board.New(m.look.Theme.Bare(), newPanels(m)...)
	return m
}

// Init starts the flow of events.
func (m *Model) Init() tea.Cmd {
	if m.opt.Tape != nil {
		m.ticking = true
		return tick(m.opt.Clock, term.FramePace)
	}
	if m.opt.Events == nil {
		return nil
	}
	return term.Pump(m.opt.Events, m.opt.Clock, m.lastBatch)
}

// Update takes in one message.
func (m *Model) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	var cmd tea.Cmd
	switch msg := msg.(type) {
	case tea.WindowSizeMsg:
		m.width, m.height = msg.Width, msg.Height
	case term.Batch:
		cmd = m.batch(msg)
	case tickMsg:
		cmd = m.tick(msg)
	case tea.KeyMsg:
		cmd = m.typing(msg)
	case tea.MouseMsg:
		cmd = m.click(msg)
	case noteMsg:
		m.say(msg.style, msg.text)
	}
	m.settle()
	return m, tea.Batch(cmd, m.keepTicking())
}

func (m *Model) batch(b term.Batch) tea.Cmd {
	m.now, m.lastBatch = b.At, b.At
	if b.Dropped > 0 {
		m.story.Dropped(b.At, b.Dropped)
	}
	m.apply(b.Events)
	if b.Closed {
		// Nothing more will come. The caller says what there is to say, on the terminal below.
		return tea.Quit
	}
	return term.Pump(m.opt.Events, m.opt.Clock, m.lastBatch)
}

// apply adds events to the story, and opens by itself what a person wants to see next.
func (m *Model) apply(events []event.Event) {
	for _, e := range events {
		m.story.Apply(e)
		switch e.Body.(type) {
		case event.Planned:
			// What failed is being tried again.
			m.board.ClosePages(failureKind)
			m.board.Centre().Body().SetFollow(true)
		case event.Failed:
			if cur := m.story.Current(); cur != nil && cur.Number != m.dismissed && m.pinned == 0 {
				m.openFailure(cur.Number)
			}
		case event.Files:
			m.filesCame(e.Build)
		case event.Skipped:
			if newest := m.story.Skips[len(m.story.Skips)-1]; !newest.LeftOut {
				m.notice(newest)
			}
		}
	}
}

// tickMsg comes in regular intervals while something on the screen moves by itself.
type tickMsg time.Time

func tick(clock func() time.Time, every time.Duration) tea.Cmd {
	return tea.Tick(every, func(time.Time) tea.Msg { return tickMsg(clock()) })
}

const spinPace = 120 * time.Millisecond

func (m *Model) tick(msg tickMsg) tea.Cmd {
	m.ticking = false
	at := time.Time(msg)
	if tape := m.opt.Tape; tape != nil {
		elapsed := at.Sub(m.lastBatch)
		if m.lastBatch.IsZero() {
			elapsed = 0
		}
		m.lastBatch = at
		m.apply(tape.Advance(elapsed))
		m.now = tape.Clock()
		m.spin = int(m.now.UnixMilli() / spinPace.Milliseconds())
		return nil
	}
	m.now = at
	m.spin++
	return nil
}

// keepTicking asks for the next tick if something moves by itself, and for none if all is still.
func (m *Model) keepTicking() tea.Cmd {
	if m.ticking {
		return nil
	}
	if tape := m.opt.Tape; tape != nil {
		if tape.Paused() || tape.Over() {
			m.lastBatch = time.Time{}
			return nil
		}
		m.ticking = true
		return tick(m.opt.Clock, term.FramePace)
	}
	if !m.moving() {
		return nil
	}
	m.ticking = true
	return tick(m.opt.Clock, spinPace)
}

// moving reports whether a spinner turns or a time runs on the screen.
func (m *Model) moving() bool {
	if m.toast.text != "" && m.now.Before(m.toast.until) {
		return true
	}
	cur := m.story.Current()
	return cur != nil && cur.State == story.Building && m.story.Warned(event.CodeEngineGone) == nil
}

// shown is the build that the panels show.
func (m *Model) shown() *story.Build { return m.view().Shown() }
