package ui

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"
	"unicode"

	tea "github.com/charmbracelet/bubbletea"
	"github.com/charmbracelet/x/ansi"
	"github.com/muesli/termenv"

	"github.com/stagewatch/stagewatch/engine/event"
	"github.com/stagewatch/stagewatch/ui/draw"
	"github.com/stagewatch/stagewatch/ui/replay"
	"github.com/stagewatch/stagewatch/ui/term"
)

// hostile are pieces of what no container, file name or engine should get onto a screen.
var hostile = []string{
	"\x1b[2J", "\x1b]0;title\a", "\x1b]52;c;cm0=\x1b\\", "\u009b31m", "\x9b5A", "\x00", "\a\b\x7f", "\r\n", "\t", "\u202e", "\u200d", "\ufe0f",
	"e\u0301\u0301\u0301", "日本語", "👩‍👩‍👧‍👦", "🇩🇪", "🇩", "\xff\xfe", "각ᄀ", "क्षि", "plain", " ", "\x1b[38;5;", "\x1bP", "\x1b[1;31mred", "\u0600", "ൎ", "ｗｉｄｅ",
	strings.Repeat("long", 60),
}

func hostileText(r *rand.Rand) string {
	var out strings.Builder
	for range r.IntN(6) + 1 {
		out.WriteString(hostile[r.IntN(len(hostile))])
	}
	return out.String()
}

// hostileEvents is a session in which every text is hostile.
func hostileEvents(r *rand.Rand) []event.Event {
	at := time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)
	h := func() string { return hostileText(r) }
	stage, base, before := h(), h(), h()
	var events []event.Event
	add := func(build int, b event.Body) {
		at = at.Add(time.Duration(r.IntN(3000)) * time.Millisecond)
		events = append(events, event.Event{Time: at, Build: build, Body: b})
	}
	add(0, event.Engine{Name: h(), Version: h(), Builder: h(), Store: h()})
	because := func() event.Reason {
		return event.Reason{Kind: event.ReasonPath, Path: h(), Context: h(), Change: h(), From: h(), Was: h(), Now: h(), Names: []string{h()}, Step: &event.StepID{Stage: h(), Index: 1}, Also: &event.Reason{Path: h()}}
	}
	for n := 1; n < 4; n++ {
		add(0, event.Changed{Paths: []string{h()}, Changes: []event.Change{{Path: h(), Kind: h(), From: h()}}})
		p := event.Planned{Paths: []string{h(), h()}, Target: h(), Because: h(), Reason: because(), Chain: h(), Stages: []event.PlannedStage{{Name: stage, Base: base, Needed: true, From: []string{h()}}, {Name: h()}}}
		for i := range 12 {
			p.Steps = append(p.Steps, event.PlannedStep{Stage: stage, Index: i + 1, Total: 12, Instruction: h(), Line: i, Prediction: event.WillRerun, Because: h(), Reason: because(),
				Inputs: []event.Input{{Context: h(), Paths: []string{h()}}, {Step: event.StepID{Stage: h(), Index: 1}}}})
		}
		add(n, p)
		for i := range 12 {
			state := []event.State{event.Hit, event.Ran, event.Running, event.Canceled, event.Skip, "what"}[r.IntN(6)]
			add(n, event.Step{Stage: stage, Index: i + 1, Total: 12, Instruction: h(), State: state, MS: r.Int64N(1e8), SavedMS: r.Int64N(1e6), Because: h(), Reason: because()})
			add(n, event.Output{Stage: stage, Index: i + 1, Stream: "stderr", Text: h()})
		}
		add(n, event.Sized{Before: event.StageSize{Stage: before, Bytes: r.Int64(), StandIn: h(), Layers: []event.Layer{{Bytes: r.Int64(), CreatedBy: h(), Step: event.StepID{Stage: stage, Index: 2}}}}, After: event.StageSize{Stage: h(), Bytes: r.Int64N(1e9), Layers: []event.Layer{{Bytes: -5, CreatedBy: h(), Base: true}}}, Delta: -r.Int64(), Basis: h()})
		add(n, event.Ledger{Carried: []event.LedgerGroup{{Name: h(), Bytes: 5, Paths: []event.LedgerPath{{Path: h(), Bytes: 7}}}}, Left: []event.LedgerGroup{{Name: h(), From: h(), Instruction: h()}}, Own: []event.LedgerGroup{{Name: h(), Bytes: -1}}, BaseAfter: event.LedgerGroup{Name: h(), Bytes: 9}, Wasted: []event.Waste{{Stage: h(), Instruction: h(), Reason: h(), LostTo: h(), Bytes: 3, Paths: []event.LedgerPath{{Path: h(), Bytes: 1}}}}})
		files := event.Files{Stages: []event.StageFiles{{Stage: before}}}
		for range 3 {
			l := event.LayerFiles{Digest: h(), Instruction: h(), Bytes: r.Int64(), Gone: []string{h(), "/x/y"}, Known: r.IntN(4) == 0}
			for range 5 {
				l.Folders = append(l.Folders, event.FolderFiles{Path: "/" + h(), Files: map[string]int64{h(): r.Int64N(1e9), "": 1, "..": 2, "a/b": 3}}, event.FolderFiles{Path: "x", Files: map[string]int64{"y": 5}})
			}
			files.Stages[0].Layers = append(files.Stages[0].Layers, l)
		}
		add(n, files)
		add(n, event.Warning{Code: []string{"engine-gone", "port-taken", "libc-mismatch", h()}[r.IntN(4)], Key: h(), Message: h(), Hint: h(), Paths: []string{h()}})
		switch r.IntN(3) {
		case 0:
			add(n, event.Failed{Stage: stage, Index: 3, Line: 4, Message: h(), Hint: h(), Excerpt: []event.ExcerptLine{{Line: 4, Text: h(), Blamed: true}, {Line: 5, Text: h()}}})
		case 1:
			add(n, event.Abandoned{Reason: h()})
		default:
			add(n, event.Built{Target: h(), Image: h(), Tag: h(), Hits: 3, Ran: 4})
			add(n, event.Serving{URL: h(), Container: h(), MS: 99})
		}
		add(0, event.Skipped{Paths: []string{h()}, Reason: h(), Rule: h()})
		add(0, event.Stale{ServingBuild: n, EditsBehind: n, Reason: h()})
		for range 30 {
			add(n, event.Log{Container: h(), Stream: h(), Text: h()})
		}
		add(n, event.Log{Text: `{"level":"\u001b[31m","msg":"\u001b]0;x\u0007","k\u202e":"\u0000v"}`})
		add(n, event.Stopped{Container: h(), ExitCode: 1, Reason: event.StopReason(h())})
	}
	return events
}

// check fails where a frame is not exactly the terminal's, or holds what a terminal must not get.
func (s *screen) check() {
	s.t.Helper()
	frame := s.View()
	lines := strings.Split(frame, "\n")
	if len(lines) != s.height {
		s.t.Fatalf("%d×%d: %d lines", s.width, s.height, len(lines))
	}
	for i, l := range lines {
		plain := ansi.Strip(l)
		if w := ansi.StringWidth(plain); w > s.width {
			s.t.Fatalf("%d×%d: line %d is %d columns wide: %q", s.width, s.height, i, w, l)
		}
		for _, r := range plain {
			if unicode.IsControl(r) || unicode.In(r, unicode.Bidi_Control) {
				s.t.Fatalf("%d×%d: %U in line %d: %q", s.width, s.height, r, i, l)
			}
		}
		for rest := l; ; {
			at := strings.IndexByte(rest, 0x1b)
			if at < 0 {
				break
			}
			end := strings.IndexFunc(rest[at+1:], func(r rune) bool { return r >= '@' && r <= '~' && r != '[' })
			if end < 0 || rest[at+1] != '[' || rest[at+1+end] != 'm' {
				s.t.Fatalf("%d×%d: a sequence that is no SGR in line %d: %q", s.width, s.height, i, l)
			}
			rest = rest[at+1+end:]
		}
	}
}

// TestNoFrameOutgrowsTheTerminal walks through every view at sizes from 1×1 to 400×100 with hostile text.
func TestNoFrameOutgrowsTheTerminal(t *testing.T) {
	sizes := [][2]int{{1, 1}, {2, 2}, {3, 5}, {10, 3}, {20, 8}, {39, 11}, {40, 12}, {71, 17}, {72, 20}, {73, 21}, {80, 24}, {115, 30}, {116, 36}, {200, 60}, {400, 100}}
	keys := strings.Fields("1 2 ] ] space j space G space 3 enter esc i i ] j enter esc ] j enter y esc 4 W t ] [ 5 j enter esc esc + _ 1 j j enter G esc ? G ? / a b enter n N & x enter 4 k k f s n right right left . , tab tab tab space pgdown pgup g G")
	for seed := range uint64(3) {
		r := rand.New(rand.NewPCG(seed, 1))
		events := hostileEvents(r)
		for _, size := range sizes {
			s := newScreen(t, size[0], size[1], func(o *Options) {
				if seed == 2 {
					o.Tape = replay.New(events, 1)
				}
			})
			s.check()
			for i := 0; i < len(events); i += 1 + r.IntN(40) {
				s.play(events[i:min(len(events), i+1+r.IntN(40))])
				s.check()
			}
			for _, k := range keys {
				s.press(k)
				s.check()
			}
			for range 20 {
				s.press(keys[r.IntN(len(keys))])
				s.send(tea.WindowSizeMsg{Width: 1 + r.IntN(140), Height: 1 + r.IntN(50)})
				s.send(tea.MouseMsg{X: r.IntN(140), Y: r.IntN(50), Action: tea.MouseActionPress, Button: []tea.MouseButton{tea.MouseButtonLeft, tea.MouseButtonWheelUp, tea.MouseButtonWheelDown}[r.IntN(3)]})
				s.check()
			}
		}
	}
}

// TestASCII proves that a terminal without UTF-8 gets none.
func TestASCII(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 7))
	s := newScreen(t, 120, 40, func(o *Options) { o.Terminal.ASCII = true })
	s.play(recording(t, "python-app")).play(hostileEvents(r))
	s.check()
	for i, b := range []byte(s.View()) {
		if b >= 0x80 {
			t.Fatalf("byte %#x at %d", b, i)
		}
	}
}

// TestTerminals: a terminal gets no colours beyond its depth, NO_COLOR none at all, and the text is the
// same everywhere but for the signs of the focus, so that nothing is told by colour alone.
func TestTerminals(t *testing.T) {
	texts := map[string]bool{}
	for name, term := range map[string]draw.Terminal{
		"truecolor": {Profile: termenv.TrueColor, Dark: true}, "256 light": {Profile: termenv.ANSI256},
		"16": {Profile: termenv.ANSI, Dark: true}, "NO_COLOR": {Profile: termenv.ANSI, NoColor: true}, "dumb": {Profile: termenv.Ascii},
	} {
		s := newScreen(t, 100, 30, func(o *Options) { o.Terminal = &term })
		s.play(recording(t, "superseded")).play(recording(t, "crash-loop"))
		signs := strings.NewReplacer("┃>", "│ ", "━", "─", "┃", "│", "┏", "╭", "┓", "╮", "┛", "╯", "┗", "╰", "[Stages] ", "Stages ──")
		texts[signs.Replace(s.text())] = true
		frame := s.View()
		for code, allowed := range map[string]bool{"38;2;": name == "truecolor", "38;5;": name == "256 light" || name == "truecolor", "[31m": name == "16"} {
			if strings.Contains(frame, code) && !allowed {
				t.Errorf("%s: %q in the frame", name, code)
			}
		}
		if name == "NO_COLOR" {
			for n := 30; n < 50; n++ {
				if strings.Contains(frame, fmt.Sprintf("[%dm", n)) || strings.Contains(frame, fmt.Sprintf(";%dm", n)) {
					t.Errorf("NO_COLOR: colour %d", n)
				}
			}
		}
		if name == "dumb" && strings.Contains(frame, "\x1b") {
			t.Error("dumb: a sequence")
		}
	}
	if len(texts) != 1 {
		t.Errorf("%d different texts", len(texts))
	}
}

// BenchmarkFrame paints the dashboard at 200×60.
func BenchmarkFrame(b *testing.B) {
	s := newScreen(b, 200, 60)
	s.play(recording(b, "python-app"))
	for i := range 5000 {
		s.story.Apply(event.Event{Time: s.now, Body: event.Log{Text: fmt.Sprintf("GET /%d 200 \x1b[32mok\x1b[0m", i)}})
	}
	b.ReportAllocs()
	for b.Loop() {
		s.View()
	}
}

// BenchmarkUpdate takes in a batch as a flood brings it.
func BenchmarkUpdate(b *testing.B) {
	s := newScreen(b, 200, 60)
	s.play(recording(b, "python-app"))
	batch := term.Batch{At: s.now}
	for i := range term.BatchLogs {
		batch.Events = append(batch.Events, event.Event{Time: s.now, Body: event.Log{Text: fmt.Sprintf("GET /%d 200 \x1b[32mok\x1b[0m %s", i, strings.Repeat("x", 80))}})
	}
	b.ReportAllocs()
	for b.Loop() {
		s.Update(batch)
	}
}
