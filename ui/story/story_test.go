package story

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stagewatch/stagewatch/engine/event"
)

type teller struct {
	*Story
	at time.Time
}

func tell() *teller {
	return &teller{New(100), time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)}
}

func (s *teller) on(build int, bodies ...event.Body) *teller {
	for _, b := range bodies {
		s.at = s.at.Add(10 * time.Millisecond)
		s.Apply(event.Event{Time: s.at, Build: build, Body: b})
	}
	return s
}

func step(i int, st event.State) event.Step {
	return event.Step{Stage: "build", Index: i, Total: 3, Instruction: fmt.Sprintf("RUN %d", i), State: st}
}

func TestWhatIsBehind(t *testing.T) {
	s := tell().on(1, event.Built{}, event.Serving{Container: "a"})
	s.on(0, event.Changed{Paths: []string{"x"}}, event.Changed{Paths: []string{"y"}})
	if s.Behind != 2 {
		t.Errorf("two saves, %d behind", s.Behind)
	}
	s.on(0, event.Stale{ServingBuild: 1, EditsBehind: 3, Reason: "build 2 failed"})
	if s.Behind != 3 || s.Stale == nil {
		t.Errorf("the engine says 3, %d behind", s.Behind)
	}
	s.on(3, event.Serving{Container: "b"})
	if s.Behind != 0 || s.Stale != nil {
		t.Errorf("served anew, %d behind, stale %v", s.Behind, s.Stale)
	}
}

func TestAStepThatCompletedTwiceStandsAsItFirstDid(t *testing.T) {
	s := tell().on(1, step(2, event.Running), step(2, event.Ran), step(2, event.Running))
	if got := s.Current().Step("build", 2).State; got != event.Ran {
		t.Errorf("got %s", got)
	}
}

func TestStepsThatNoPlanNamedFindTheirPlace(t *testing.T) {
	s := tell().on(1, step(3, event.Ran), step(1, event.Hit), step(2, event.Running))
	var order []int
	s.Current().Steps(func(s *Step) { order = append(order, s.Index) })
	if fmt.Sprint(order) != "[1 2 3]" {
		t.Errorf("got %v", order)
	}
}

func TestAHitHasNoReasonToRun(t *testing.T) {
	s := tell().on(1, event.Planned{Steps: []event.PlannedStep{{Stage: "build", Index: 2, Prediction: event.WillRerun, Because: "app.py changed"}}}, step(2, event.Hit))
	if got := s.Current().Step("build", 2).Because; got != "" {
		t.Errorf("got %q", got)
	}
}

func TestAnOlderBuildsLateEventsStayItsOwn(t *testing.T) {
	s := tell().on(1, event.Planned{}).on(2, event.Planned{}).on(1, step(2, event.Canceled), event.Abandoned{Reason: "superseded"})
	if s.Current().Number != 2 || s.Current().State != Building || s.Build(1).State != Abandoned {
		t.Errorf("current %d in %v, the first in %v", s.Current().Number, s.Current().State, s.Build(1).State)
	}
}

func TestAContainerThatEnds(t *testing.T) {
	s := tell().on(1, event.Built{}, event.Serving{Container: "a"})
	s.on(2, event.Built{}, event.Stopped{Container: "b", ExitCode: 3, Reason: event.StopExited})
	if s.Serving == nil || s.Down != nil || s.Build(2).Mishap == "" {
		t.Error("the new container's end is not the end of the one that serves")
	}
	s.on(1, event.Stopped{Container: "a", ExitCode: 9, Reason: event.StopExited})
	if s.Serving != nil || s.Down == nil || s.Down.ExitCode != 9 {
		t.Errorf("nothing serves: %+v, %+v", s.Serving, s.Down)
	}
	s.on(1, event.Stopped{Reason: event.StopCrashLoop}, event.Stopped{Reason: event.StopCrashLoop})
	if s.Down.ExitCode != 9 || s.Down.Reason != event.StopCrashLoop {
		t.Errorf("got %+v", s.Down)
	}
	loops := 0
	for i := s.Logs.First(); i < s.Logs.Next(); i++ {
		if strings.Contains(s.Logs.At(i).Text, "crash loop") {
			loops++
		}
	}
	if loops != 1 {
		t.Errorf("the loop is marked %d times", loops)
	}
}

func TestWarningsGoWithWhatTheyWarnOf(t *testing.T) {
	s := tell().on(0, event.Warning{Code: event.CodeEngineGone, Message: "m"}, event.Warning{Code: event.CodePortTaken, Message: "m"})
	s.on(1, event.Warning{Code: "lint", Message: "m"})
	if s.Holding() != 3 {
		t.Errorf("%d hold: %v", s.Holding(), s.Warnings)
	}
	s.on(0, event.Engine{}, event.Warning{Code: event.CodePortFree}).on(2, event.Planned{})
	if s.Holding() != 0 || len(s.Warnings) != 1 || s.Warned("lint") != nil {
		t.Errorf("only what the first build said is kept, as past: %v", s.Warnings)
	}
	s.on(2, event.Warning{Code: "lint", Message: "m"}, event.Warning{Code: "lint", Message: "m"})
	if s.Holding() != 1 || len(s.Warnings) != 1 {
		t.Errorf("said again, it holds, once: %v", s.Warnings)
	}
}

func TestBoundariesInTheLogs(t *testing.T) {
	s := tell().on(1, event.Built{}, event.Serving{Container: "a"}, event.Serving{Container: "a"}, event.Serving{Container: "b"})
	s.on(2, event.Built{}, event.Serving{Container: "c"})
	var got []string
	for i := s.Logs.First(); i < s.Logs.Next(); i++ {
		got = append(got, s.Logs.At(i).Text)
	}
	if want := "build #1 serves from here|build #1 restarted, serves from here|build #2 serves from here"; strings.Join(got, "|") != want {
		t.Errorf("got %q", got)
	}
}

// TestAStepHandedOn: where a newer build goes on with a step, it was not canceled in the older build, and its time counts
// from its first start.
func TestAStepHandedOn(t *testing.T) {
	s := tell().on(1, event.Planned{}, step(1, event.Running), step(2, event.Running))
	began := s.Build(1).Step("build", 2).Started
	on := step(2, event.Running)
	on.FromBuild = 1
	s.on(1, event.Abandoned{Reason: "superseded"}).on(2, event.Planned{}, on)
	old := s.Build(1)
	if got := old.Step("build", 1).State; got != event.Canceled {
		t.Errorf("a step that the build was at is %q", got)
	}
	if got := old.Step("build", 2); got.State != HandedOn || got.Because != "build #2 goes on with it" {
		t.Errorf("the step that goes on is %+v", got)
	}
	if got := s.Build(2).Step("build", 2); !got.Started.Equal(began) {
		t.Errorf("its time runs from %s, it began at %s", got.Started, began)
	}
}

// TestErrorLine finds the line that says what went wrong among all that tools print.
func TestErrorLine(t *testing.T) {
	for want, output := range map[string]string{
		"SyntaxError: EOL while scanning string literal": "Traceback\n  SyntaxError: EOL while scanning string literal\n  [end of output]\nerror: subprocess-exited-with-error",
		"./main.go:5:2: undefined: x":                    "# example.com/app\n./main.go:5:2: undefined: x",
		"error: no such target":                          "warming up\nerror: no such target\nsee above",
		"/bin/sh: 1: gcc: not found":                     "/bin/sh: 1: gcc: not found",
		"":                                               "all is well\ndone: yes",
	} {
		s := tell().on(1, event.Planned{}, step(1, event.Running), event.Output{Stage: "build", Index: 1, Text: output}, step(1, event.Fail))
		s.on(1, event.Failed{Stage: "build", Index: 1, Message: "exit code: 1", ExitCode: 1})
		if got := s.Current().ErrorLine(); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
	s := tell().on(1, event.Planned{}, event.Output{Stage: "build", Index: 1, Text: "error: x"}, event.Failed{Stage: "build", Index: 1, Message: "no such image"})
	if got := s.Current().ErrorLine(); got != "" {
		t.Errorf("the message says it already: %q", got)
	}
}

func TestMemoryIsBounded(t *testing.T) {
	s := tell()
	for n := 1; n < 700; n++ {
		s.on(0, event.Changed{Paths: []string{fmt.Sprint(n)}}, event.Skipped{Paths: []string{"x"}}, event.Warning{Code: fmt.Sprint(n)})
		s.on(n, step(1, event.Running), event.Output{Stage: "build", Index: 1, Text: strings.Repeat("x", 9_000)}, event.Log{Text: "x"})
	}
	kept := 0
	for _, b := range s.Builds {
		b.Steps(func(s *Step) { kept += len(s.Output.Lines) })
	}
	if len(s.Builds) > maxBuilds || kept > maxDetailed+1 || len(s.Skips) > maxSkips || len(s.Warnings) > maxWarnings || s.Logs.Len() > 100 || len(s.Pending) > maxPending || len(s.lastChange) > 2*maxPending {
		t.Errorf("%d builds, %d outputs, %d skips, %d warnings, %d logs, %d pending, %d last changes", len(s.Builds), kept, len(s.Skips), len(s.Warnings), s.Logs.Len(), len(s.Pending), len(s.lastChange))
	}
	for range 5000 {
		s.on(699, event.Output{Stage: "build", Index: 1, Text: "x"})
	}
	if o := s.Current().Step("build", 1).Output; len(o.Lines) > 2*maxOutput || o.Dropped+len(o.Lines) != 5001 {
		t.Errorf("%d lines kept, %d dropped", len(o.Lines), o.Dropped)
	}
}

func TestRing(t *testing.T) {
	r := NewRing(5, 100)
	for i := range 12 {
		r.Add(Entry{Text: fmt.Sprint(i)})
	}
	if r.First() != 7 || r.Next() != 12 || r.Len() != 5 || r.At(7).Text != "7" || r.At(11).Text != "11" {
		t.Errorf("first %d, next %d, at 7 %q", r.First(), r.Next(), r.At(7).Text)
	}
	r.Add(Entry{Text: strings.Repeat("x", 98)})
	if r.Len() != 2 || r.At(r.Next()-1).Seq != 12 {
		t.Errorf("%d entries in 100 bytes", r.Len())
	}
}

// TestErrorLineOfAContainer: the line that says why a container exited is kept through a crash loop.
func TestErrorLineOfAContainer(t *testing.T) {
	log := func(text string) event.Log { return event.Log{Stream: "stderr", Text: text} }
	s := tell().on(1, log("ValueError: of the container before"), event.Serving{Container: "a"})
	s.on(1, log("Traceback (most recent call last):"), log("\x1b[31mImportError: no module\x1b[0m"), log("  bye"), event.Stopped{Container: "a", ExitCode: 1, Reason: event.StopExited})
	if s.Down == nil || s.Down.ErrorLine != "ImportError: no module" {
		t.Errorf("got %+v", s.Down)
	}
	s.on(1, event.Stopped{Container: "a", Reason: event.StopCrashLoop})
	if s.Down.ErrorLine != "ImportError: no module" || s.Down.ExitCode != 1 {
		t.Errorf("in the loop got %+v", s.Down)
	}
	s.on(1, log("all is well"), event.Stopped{Container: "a", ExitCode: 2, Reason: event.StopExited})
	if s.Down.ErrorLine != "" {
		t.Errorf("without such a line got %+v", s.Down)
	}
}

// TestAWarningOfFilesHoldsUntilALedgerIsWithoutIt: it is sent once, and the next build does not make it past.
func TestAWarningOfFilesHoldsUntilALedgerIsWithoutIt(t *testing.T) {
	s := New(10)
	at := func(build int, body event.Body) { s.Apply(event.Event{Build: build, Body: body}) }
	holding := func(want int) {
		t.Helper()
		if got := s.Holding(); got != want {
			t.Errorf("%d warnings hold, want %d", got, want)
		}
	}
	at(1, event.Planned{})
	at(1, event.Ledger{Standing: []string{"libc-mismatch:psutil"}})
	at(1, event.Warning{Code: event.CodeLibcMismatch, Key: "psutil", Message: "psutil asks for glibc"})
	at(1, event.Warning{Code: event.CodeLibcRisk, Message: "copies packages"})
	holding(2)
	at(2, event.Planned{})
	holding(1)
	at(2, event.Ledger{Standing: []string{"libc-mismatch:psutil"}})
	at(3, event.Planned{})
	holding(1)
	at(3, event.Ledger{})
	holding(0)
}
