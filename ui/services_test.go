package ui

import (
	"strings"
	"testing"
	"time"

	tea "github.com/charmbracelet/bubbletea"
	"github.com/muesli/termenv"

	"github.com/stagewatch/stagewatch/engine/event"
	"github.com/stagewatch/stagewatch/ui/draw"
	"github.com/stagewatch/stagewatch/ui/term"
)

// project is the dashboards of three services, the last one run by docker compose.
type project struct {
	*testing.T
	*services
	sent map[string][]event.Intent
}

func newProject(t *testing.T) *project {
	p := &project{T: t, sent: map[string][]event.Intent{}}
	clock := func() time.Time { return time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC) }
	var of []Service
	for _, name := range []string{"api", "web", "store"} {
		of = append(of, Service{Name: name, Companion: name == "store", Options: Options{
			Context: name, Clock: clock, Terminal: &draw.Terminal{Profile: termenv.TrueColor, Dark: true},
			Send: func(i event.Intent) { p.sent[name] = append(p.sent[name], i) },
		}})
	}
	p.services = newServices(of, make(chan event.Event))
	p.send(tea.WindowSizeMsg{Width: 100, Height: 30})
	return p
}

// send passes a message on and returns what its command brings, without those that wait.
func (p *project) send(msg tea.Msg) tea.Msg {
	_, cmd := p.Update(msg)
	if cmd == nil {
		return nil
	}
	return cmd()
}

func (p *project) key(k string) tea.Msg {
	return p.send(tea.KeyMsg{Type: tea.KeyRunes, Runes: []rune(k)})
}

// carryOut does what a key gave back, as the program would.
func (p *project) carryOut(msg tea.Msg) {
	if batch, ok := msg.(tea.BatchMsg); ok {
		for _, cmd := range batch {
			if cmd != nil {
				p.carryOut(cmd())
			}
		}
	}
}

func (p *project) comes(at int, bodies ...event.Body) {
	b := term.Batch{At: time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)}
	for _, body := range bodies {
		b.Events = append(b.Events, event.Event{Build: 1, Body: body})
	}
	p.Update(ofService{at, b})
}

func (p *project) line(n int) string {
	return strings.TrimRight(strings.Split(draw.Strip(p.View()), "\n")[n], " ")
}

// TestServicesStand: the line at the top says how each service stands, whichever of them is shown.
func TestServicesStand(t *testing.T) {
	p := newProject(t)
	p.comes(0, event.Engine{}, event.Planned{Target: "api"}, event.Built{Target: "api"}, event.Serving{URL: "http://127.0.0.1:8081"})
	p.comes(1, event.Engine{}, event.Planned{Target: "web"}, event.Failed{Message: "no"})
	p.comes(2, event.Companion{State: event.CompanionHealthy})
	if got, want := p.line(0), " api  LIVE   web  NOTHING SERVES   store  HEALTHY   { } service"; got != want {
		t.Errorf("it says\n%s, want\n%s", got, want)
	}
	if got := p.line(1); !strings.Contains(got, "http://127.0.0.1:8081") {
		t.Errorf("the dashboard of api begins with %s", got)
	}
	if n := len(strings.Split(p.View(), "\n")); n != 30 {
		t.Errorf("the frame has %d lines", n)
	}
}

// TestServicesAreTurned: by keys and by the mouse, and what is asked for is for the one that is shown.
func TestServicesAreTurned(t *testing.T) {
	p := newProject(t)
	shows := func(want string) {
		t.Helper()
		if got := p.names[p.at]; got != want {
			t.Errorf("it shows %s, want %s", got, want)
		}
	}
	p.key("}")
	shows("web")
	p.carryOut(p.key("b"))
	if len(p.sent["web"]) != 1 || len(p.sent["api"]) != 0 {
		t.Errorf("sent were %v", p.sent)
	}
	p.key("{")
	p.key("{")
	shows("store")
	if got := p.line(2); !strings.Contains(got, "Logs") && !strings.Contains(p.line(3), "Logs") {
		t.Errorf("a companion shows\n%s", draw.Strip(p.View()))
	}
	p.key("}")
	shows("api")
	click := func(x int) {
		p.send(tea.MouseMsg{X: x, Y: 0, Action: tea.MouseActionPress, Button: tea.MouseButtonLeft})
	}
	click(strings.Index(p.line(0), "web"))
	shows("web")
	click(99)
	shows("web")
	// In a search the keys are text.
	p.key("/")
	p.key("}")
	shows("web")
}

// TestEventsOfServices: each is for its service, one without a name for all, and the end for all.
func TestEventsOfServices(t *testing.T) {
	events := make(chan event.Event, 4)
	s := newServices([]Service{{Name: "api"}, {Name: "web"}}, events)
	events <- event.Event{Body: event.Engine{Name: "Docker Engine"}}
	events <- event.Event{Service: "web", Body: event.Watching{On: true}}
	events <- event.Event{Service: "elsewhere", Body: event.Watching{}}
	close(events)
	s.divide()
	for i, want := range []int{1, 2} {
		got := 0
		for range s.streams[i] {
			got++
		}
		if got != want {
			t.Errorf("%s got %d events, want %d", s.names[i], got, want)
		}
	}
}

// TestCommandsOfServices: what a dashboard's command brings comes back to it, and what the program deals with is left to it.
func TestCommandsOfServices(t *testing.T) {
	p := newProject(t)
	if got := p.of(1, func() tea.Msg { return noteMsg{draw.Bad, "x"} })(); got != (ofService{1, noteMsg{draw.Bad, "x"}}) {
		t.Errorf("a note became %v", got)
	}
	batch, ok := p.of(1, tea.Batch(func() tea.Msg { return tickMsg{} }, tea.Quit))().(tea.BatchMsg)
	if !ok || len(batch) != 2 {
		t.Fatalf("a batch became %v", batch)
	}
	if _, ok := batch[0]().(ofService); !ok {
		t.Error("the tick of a batch is nobody's")
	}
	if _, ok := batch[1]().(tea.QuitMsg); !ok {
		t.Error("quitting did not reach the program")
	}
	p.key("}")
	p.send(ofService{0, noteMsg{draw.Bad, "a note for api"}})
	if strings.Contains(draw.Strip(p.View()), "a note for api") {
		t.Error("a note for api is shown to web")
	}
}
