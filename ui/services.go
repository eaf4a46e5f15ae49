package ui

import (
	"context"
	"slices"

	"github.com/charmbracelet/bubbles/key"
	tea "github.com/charmbracelet/bubbletea"

	"github.com/stagewatch/stagewatch/engine/event"
	"github.com/stagewatch/stagewatch/ui/draw"
	"github.com/stagewatch/stagewatch/ui/term"
)

// Service is one service of a project, with what its dashboard needs. Its events are those that name it.
type Service struct {
	Name string
	// Companion: docker compose runs it, and there is nothing of it but its log.
	Companion bool
	Options
}

// RunServices shows a dashboard for each service, one at a time below a line that says how all of them stand. The events are
// those of all services; one that names none is for all. It ends as [Run] does.
func RunServices(ctx context.Context, services []Service, events <-chan event.Event, input Options) error {
	t := term.New(input.Output)
	s := newServices(services, events)
	for _, m := range s.each {
		m.exec, m.halt = input.lend(t), t.Suspend
	}
	return t.Run(ctx, s, input.Input, !input.NoMouse)
}

// services are the dashboards of a project.
type services struct {
	names         []string
	each          []*Model
	events        <-chan event.Event
	streams       []chan event.Event
	at            int
	width, height int
	next, prev    key.Binding
}

func newServices(of []Service, events <-chan event.Event) *services {
	s := &services{
		events: events,
		next:   bind([]string{"}"}, "}", "next service"),
		prev:   bind([]string{"{"}, "{", "previous service"),
	}
	for _, one := range of {
		stream := make(chan event.Event, 256)
		one.Options.Events = stream
		m := New(one.Options)
		if one.Companion {
			m.board.Focus, m.board.Zoomed = m.logPanel(), true
		}
		s.names, s.each, s.streams = append(s.names, one.Name), append(s.each, m), append(s.streams, stream)
	}
	return s
}

// divide passes each event on to the dashboard of its service, to all where it names none.
func (s *services) divide() tea.Msg {
	for e := range s.events {
		at := slices.Index(s.names, e.Service)
		for i, stream := range s.streams {
			if at < 0 && e.Service == "" || i == at {
				stream <- e
			}
		}
	}
	for _, stream := range s.streams {
		close(stream)
	}
	return nil
}

// Init starts the flow of events.
func (s *services) Init() tea.Cmd {
	cmds := []tea.Cmd{s.divide}
	for i, m := range s.each {
		cmds = append(cmds, s.of(i, m.Init()))
	}
	return tea.Batch(cmds...)
}

// ofService is a message for one of the dashboards.
type ofService struct {
	at  int
	msg tea.Msg
}

// of has what a dashboard's command brings come back to it. What the program itself deals with stays as it is.
func (s *services) of(at int, cmd tea.Cmd) tea.Cmd {
	if cmd == nil {
		return nil
	}
	return func() tea.Msg {
		switch msg := cmd().(type) {
		case tea.BatchMsg:
			for i := range msg {
				msg[i] = s.of(at, msg[i])
			}
			return msg
		case term.Batch, tickMsg, noteMsg:
			return ofService{at, msg}
		default:
			return msg
		}
	}
}

// Update takes in one message.
func (s *services) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	switch msg := msg.(type) {
	case ofService:
		return s, s.pass(msg.at, msg.msg)
	case tea.WindowSizeMsg:
		s.width, s.height = msg.Width, msg.Height
		below := msg
		below.Height = max(0, msg.Height-s.lines())
		var cmds []tea.Cmd
		for i := range s.each {
			cmds = append(cmds, s.pass(i, below))
		}
		return s, tea.Batch(cmds...)
	case tea.KeyMsg:
		free := s.each[s.at].ask == nil && s.each[s.at].input == nil
		switch {
		case free && key.Matches(msg, s.next):
			s.at = (s.at + 1) % len(s.each)
			return s, nil
		case free && key.Matches(msg, s.prev):
			s.at = (s.at + len(s.each) - 1) % len(s.each)
			return s, nil
		}
	case tea.MouseMsg:
		if msg.Y < s.lines() {
			if at, ok := s.under(msg.X); ok && msg.Action == tea.MouseActionPress && msg.Button == tea.MouseButtonLeft {
				s.at = at
			}
			return s, nil
		}
		msg.Y -= s.lines()
		return s, s.pass(s.at, msg)
	}
	return s, s.pass(s.at, msg)
}

func (s *services) pass(at int, msg tea.Msg) tea.Cmd {
	_, cmd := s.each[at].Update(msg)
	return s.of(at, cmd)
}

// lines is how many lines the services take: none where the dashboard needs all of them.
func (s *services) lines() int {
	if s.height < 8 {
		return 0
	}
	return 1
}

// View is the frame: how all services stand, and the dashboard of one.
func (s *services) View() string {
	frame := s.each[s.at].View()
	if s.lines() == 0 || s.width <= 0 {
		return frame
	}
	c := draw.NewCanvas(s.width, 1)
	c.Line(0, 0, s.width, s.strip())
	return c.String(s.each[s.at].look.Theme) + "\n" + frame
}

// strip says how each service stands.
func (s *services) strip() draw.Line {
	var line draw.Line
	for i, name := range s.names {
		st := draw.Plain
		if i == s.at {
			st = draw.Plain | draw.Bold | draw.Underline
		}
		standing := s.each[i].view().Standing()
		line = line.Add(draw.Plain, " ").Add(st, name).Add(draw.Plain, " ").Add(standing.Style, standing.Text).Add(draw.Plain, " ")
	}
	return line.Add(draw.Dim, " ").Add(draw.Accent, "{ }").Add(draw.Dim, " service")
}

// under returns the service whose part of the strip is at a column.
func (s *services) under(x int) (int, bool) {
	end := 0
	for i, name := range s.names {
		end += draw.Width(name) + draw.Width(s.each[i].view().Standing().Text) + 3
		if x < end {
			return i, true
		}
	}
	return 0, false
}
