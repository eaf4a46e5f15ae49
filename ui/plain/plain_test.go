package plain

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode"

	"github.com/stagewatch/stagewatch/engine/event"
	"github.com/stagewatch/stagewatch/engine/goldentest"
	"github.com/stagewatch/stagewatch/ui/replay"
)

func TestStories(t *testing.T) {
	stories, err := filepath.Glob("../testdata/stories/*.jsonl")
	if err != nil || len(stories) == 0 {
		t.Fatal("no stories", err)
	}
	for _, path := range stories {
		name := strings.TrimSuffix(filepath.Base(path), ".jsonl")
		t.Run(name, func(t *testing.T) {
			f, err := os.Open(path)
			if err != nil {
				t.Fatal(err)
			}
			defer f.Close()
			events, err := replay.Read(f)
			if err != nil {
				t.Fatal(err)
			}
			var out bytes.Buffer
			p := New(&out, Options{})
			for _, e := range events {
				if err := p.Print(e); err != nil {
					t.Fatal(err)
				}
			}
			goldentest.Check(t, filepath.Join("testdata", name+".txt"), out.String())
		})
	}
}

func TestOutputIsWhatStayedVisible(t *testing.T) {
	var out bytes.Buffer
	p := New(&out, Options{})
	for _, text := range []string{"one\ntwo\n", "10%\r90%\r100%"} {
		p.Print(event.Event{Build: 1, Body: event.Output{Stage: "build", Index: 2, Text: text}})
	}
	want := "#1 build 2 | one\n#1 build 2 | two\n#1 build 2 | 100%\n"
	if out.String() != want {
		t.Errorf("got\n%swant\n%s", out.String(), want)
	}
}

func TestAStepThatCompletesTwiceIsOneLine(t *testing.T) {
	var out bytes.Buffer
	p := New(&out, Options{})
	for _, s := range []event.State{event.Running, event.Ran, event.Running, event.Ran} {
		p.Print(event.Event{Build: 1, Body: event.Step{Stage: "a", Index: 1, Total: 1, Instruction: "RUN x", State: s}})
	}
	if n := strings.Count(out.String(), "\n"); n != 2 {
		t.Errorf("%d lines:\n%s", n, out.String())
	}
}

// TestNothingHostileGetsThrough feeds every text field with what a terminal would obey.
func TestNothingHostileGetsThrough(t *testing.T) {
	const evil = "a\x1b]0;t\a\x1b[2J\u009b31m\x00\u202e\xff\nb"
	var out bytes.Buffer
	p := New(&out, Options{})
	for _, b := range []event.Body{
		event.Engine{Name: evil, Version: evil}, event.Changed{Paths: []string{evil}}, event.Skipped{Paths: []string{evil}, Reason: evil},
		event.Planned{Target: evil, Because: evil, Steps: []event.PlannedStep{{Stage: evil, Instruction: evil, Prediction: event.WillRerun, Because: evil}}},
		event.Step{Stage: evil, Instruction: evil, State: event.Ran, Because: evil}, event.Output{Stage: evil, Text: evil + "\n"},
		event.Failed{Message: evil, Hint: evil, Excerpt: []event.ExcerptLine{{Text: evil}}}, event.Abandoned{Reason: evil},
		event.Built{Target: evil, Tag: evil}, event.Sized{Before: event.StageSize{Stage: evil, Bytes: 1, StandIn: evil}, Basis: evil},
		event.Ledger{Carried: []event.LedgerGroup{{Name: evil}}}, event.Warning{Code: evil, Message: evil, Hint: evil, Paths: []string{evil}},
		event.Serving{URL: evil}, event.Stale{Reason: evil, ServingBuild: 1}, event.Log{Text: evil}, event.Stopped{Container: evil, Reason: evil},
	} {
		if err := p.Print(event.Event{Time: time.Now(), Build: 1, Body: b}); err != nil {
			t.Fatal(err)
		}
	}
	for _, r := range out.String() {
		if r != '\n' && unicode.IsControl(r) || r == '\u202e' {
			t.Fatalf("%U got through:\n%q", r, out.String())
		}
	}
}

func TestWhatWasBrought(t *testing.T) {
	var out strings.Builder
	if err := New(&out, Options{}).Print(event.Event{Build: 1, Body: event.Built{Target: "final", Tag: "app", MS: 500, Ran: 1, Hits: 2, BroughtBytes: 16_024}}); err != nil {
		t.Fatal(err)
	}
	if want := "BUILT app in 0.5s: 1 ran, 2 hits, 16 kB brought from the builder\n"; !strings.HasSuffix(out.String(), want) {
		t.Errorf("got %q, want %q", out.String(), want)
	}
}

type broken struct{}

func (broken) Write([]byte) (int, error) { return 0, errors.New("pipe closed") }

func TestABrokenWriterIsReported(t *testing.T) {
	p := New(broken{}, Options{})
	if err := p.Print(event.Event{Body: event.Log{Text: "x"}}); err == nil {
		t.Error("no error")
	}
}

func TestWhatIsWaitedForAndWhatIsFinished(t *testing.T) {
	var out strings.Builder
	p := New(&out, Options{})
	for _, body := range []event.Body{
		event.Waiting{Container: "two", For: ":8080"},
		event.Waiting{Container: "two", For: ":8080", Message: "your app listens on 5000, and not on 8080", Hint: "Start stagewatch with -p 8080:5000."},
		event.Draining{Container: "one", Requests: 1, WithinMS: 90_000},
	} {
		if err := p.Print(event.Event{Build: 2, Body: body}); err != nil {
			t.Fatal(err)
		}
	}
	const want = `#2 waiting for :8080
#2 still waiting for :8080: your app listens on 5000, and not on 8080
#2   hint: Start stagewatch with -p 8080:5000.
#2 one finishes 1 request within 1m30s
`
	if out.String() != want {
		t.Errorf("got\n%s, want\n%s", out.String(), want)
	}
}
