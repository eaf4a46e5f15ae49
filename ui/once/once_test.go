package once

import (
	"bytes"
	"errors"
	"regexp"
	"strings"
	"testing"
	"time"
	"unicode"

	"github.com/google/go-cmp/cmp"
	"github.com/muesli/termenv"

	"github.com/stagewatch/stagewatch/engine/event"
)

var plan = event.Planned{Target: "final", Because: "first build",
	Stages: []event.PlannedStage{{Name: "build", Needed: true}, {Name: "lint"}, {Name: "final", Needed: true}},
	Steps: []event.PlannedStep{
		{Stage: "build", Index: 1, Total: 3, Instruction: "FROM python:3.9-slim"},
		{Stage: "build", Index: 2, Total: 3, Instruction: "RUN pip install -r requirements.txt"},
		{Stage: "build", Index: 3, Total: 3, Instruction: "COPY . ."},
		{Stage: "final", Index: 1, Total: 2, Instruction: "FROM python:3.9-alpine"},
		{Stage: "final", Index: 2, Total: 2, Instruction: "COPY --from=build /app /app"},
	}}

func step(stage string, index int, state event.State, ms int64) event.Step {
	s := event.Step{Stage: stage, Index: index, State: state, MS: ms}
	if state == event.Hit {
		s.MS, s.SavedMS = 0, ms
	}
	return s
}

// shown prints the bodies, and returns what was written after each of them.
func shown(t *testing.T, opt Options, bodies ...event.Body) []string {
	t.Helper()
	var out bytes.Buffer
	var pieces []string
	p := New(&out, opt)
	at := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	for _, b := range bodies {
		if err := p.Print(event.Event{Time: at, Build: 1, Body: b}); err != nil {
			t.Fatal(err)
		}
		pieces = append(pieces, out.String())
		out.Reset()
	}
	if err := p.End(); err != nil {
		t.Fatal(err)
	}
	return append(pieces, out.String())
}

// TestStepsComeInOrder: BuildKit reports steps as they end; a person reads them as the Dockerfile has them.
func TestStepsComeInOrder(t *testing.T) {
	got := shown(t, Options{Width: 80, Color: termenv.Ascii}, plan,
		step("final", 1, event.Hit, 900),
		step("build", 2, event.Running, 0),
		event.Output{Stage: "build", Index: 2, Text: "one\n"},
		step("build", 1, event.Hit, 100),
		event.Output{Stage: "build", Index: 2, Text: "two\n10%\r100%\n"},
		step("build", 2, event.Ran, 1500),
		step("final", 2, event.Ran, 20),
		step("build", 3, event.Ran, 30),
		event.Built{Target: "final", Tag: "app:1", MoreTags: []string{"app:2"}, MS: 2000, Hits: 2, Ran: 3, SavedMS: 1000},
		event.Sized{Before: event.StageSize{Stage: "build", Bytes: 124_000_000, StandIn: "not the real one"}, After: event.StageSize{Stage: "final", Bytes: 62_000_000}},
		event.Ledger{Carried: []event.LedgerGroup{{Name: "/app", Bytes: 9000}}, Wasted: []event.Waste{{Stage: "final", Line: 9, Instruction: "RUN chown", Reason: event.Rewritten, Bytes: 9000}}},
	)
	want := []string{
		"building final: first build\n",
		"", "", "",
		"HIT       build 1/3  FROM python:3.9-slim  saved 0.1s\nrunning   build 2/3  RUN pip install -r requirements.txt\n          │ one\n",
		"          │ two\n          │ 100%\n",
		"RAN       build 2/3  RUN pip install -r requirements.txt  1.5s\n",
		"",
		"RAN       build 3/3  COPY . .  30ms\nHIT       final 1/2  FROM python:3.9-alpine  saved 0.9s\nRAN       final 2/2  COPY --from=build /app /app  20ms\n",
		"BUILT app:1, app:2 in 2.0s: 3 ran, 2 hits (saved 1.0s)\n",
		"", "",
		`
stage  steps  hit  ran  time  saved     size
build      3    1    2  1.5s   0.1s  124 MB*
final      2    1    1  20ms   0.9s    62 MB  −50 %
* build is based on a stand-in: not the real one

carried         9 kB  /app 9 kB
wasted 9 kB: final line 9, RUN chown, written again without a change
`,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// TestAFailureTellsWhatItHeldBack: what ran beside the step that failed is told too, and what never ran is not made up.
func TestAFailureTellsWhatItHeldBack(t *testing.T) {
	got := shown(t, Options{Width: 80, Color: termenv.Ascii}, plan,
		step("build", 1, event.Hit, 0), step("build", 2, event.Running, 0),
		step("final", 1, event.Hit, 0),
		event.Output{Stage: "build", Index: 2, Text: "no luck\n"},
		step("build", 2, event.Fail, 40), step("build", 3, event.Skip, 0),
		event.Failed{Stage: "build", Index: 2, Line: 2, Message: "exit code: 3", Hint: "The step's own output says more."},
	)
	want := `          │ no luck
FAILED    build 2/3  RUN pip install -r requirements.txt  40ms
SKIPPED   build 3/3  COPY . .
HIT       final 1/2  FROM python:3.9-alpine
FAILED at Dockerfile line 2: exit code: 3
hint: The step's own output says more.
`
	if all := strings.Join(got, ""); !strings.HasSuffix(all, want) {
		t.Errorf("got\n%s\nwant at its end\n%s", all, want)
	}
}

func TestOldOutputIsForWhoAsks(t *testing.T) {
	old := event.Output{Stage: "build", Index: 2, Text: "long ago\n", RanAt: time.Date(2025, 1, 1, 0, 0, 0, 0, time.UTC)}
	for asked, want := range map[bool]bool{false: false, true: true} {
		// Told at once, told behind others, and held back with its step.
		for _, bodies := range [][]event.Body{
			{step("build", 1, event.Hit, 0), step("build", 2, event.Hit, 100), old},
			{step("build", 1, event.Hit, 0), step("build", 3, event.Hit, 0), step("build", 2, event.Hit, 100), old},
			{step("build", 2, event.Hit, 100), old, step("build", 1, event.Hit, 0)},
		} {
			got := strings.Join(shown(t, Options{Width: 80, Color: termenv.Ascii, OldOutput: asked}, append([]event.Body{plan}, bodies...)...), "")
			if n := strings.Count(got, "long ago"); n == 1 != want || n > 1 {
				t.Errorf("asked %v: %s", asked, got)
			}
		}
	}
}

// TestNothingHostileGetsThrough: colours are ours alone.
func TestNothingHostileGetsThrough(t *testing.T) {
	const evil = "a\x1b]0;t\a\x1b[2J\u009b31m\x00\u202e\xff\nb"
	got := strings.Join(shown(t, Options{Width: 80, Color: termenv.ANSI},
		event.Engine{Name: evil, Version: evil},
		event.Planned{Target: evil, Because: evil, Stages: []event.PlannedStage{{Name: evil, Needed: true}}, Steps: []event.PlannedStep{{Stage: evil, Index: 1, Total: 1, Instruction: evil}}},
		event.Step{Stage: evil, Index: 1, State: event.Running, Because: evil}, event.Output{Stage: evil, Index: 1, Text: evil},
		event.Step{Stage: evil, Index: 1, State: event.Ran, MergedWith: &event.StepID{Stage: evil}},
		event.Warning{Code: evil, Message: evil, Hint: evil},
		event.Built{Target: evil, Tag: evil, MoreTags: []string{evil}},
		event.Sized{After: event.StageSize{Stage: evil, StandIn: evil, Bytes: 1}}, event.Ledger{Carried: []event.LedgerGroup{{Name: evil}}, Wasted: []event.Waste{{Stage: evil, Line: 1, Instruction: evil, Reason: evil}}},
	), "")
	if !strings.Contains(got, "\x1b[32m") {
		t.Error("no colours")
	}
	for _, r := range regexp.MustCompile(`\x1b\[[0-9;]*m`).ReplaceAllString(got, "") {
		if r != '\n' && unicode.IsControl(r) || r == '\u202e' {
			t.Fatalf("%U got through:\n%q", r, got)
		}
	}
}

type broken struct{}

func (broken) Write([]byte) (int, error) { return 0, errors.New("gone") }

func TestABrokenWriterIsReported(t *testing.T) {
	if err := New(broken{}, Options{}).Print(event.Event{Body: event.Engine{}}); err == nil {
		t.Error("no error")
	}
}

// TestTheTableAddsUp: a step that is built as another stage's is counted there, and the table says so.
func TestTheTableAddsUp(t *testing.T) {
	merged := func(stage string, index int, with string) event.Step {
		return event.Step{Stage: stage, Index: index, State: event.Hit, MergedWith: &event.StepID{Stage: with, Index: 1}}
	}
	got := shown(t, Options{Width: 80, Color: termenv.Ascii}, plan,
		step("build", 1, event.Hit, 0), step("build", 2, event.Ran, 1500), step("build", 3, event.Ran, 30),
		merged("final", 1, "build"), step("final", 2, event.Hit, 500),
		event.Built{Target: "final", Hits: 2, Ran: 2})
	want := `
stage  steps  hit  ran  merged  time  saved  size
build      3    1    2       0  1.5s      –
final      2    1    0       1     –   0.5s
`
	if diff := cmp.Diff(want, got[len(got)-1]); diff != "" {
		t.Error(diff)
	}
}

// TestLongLinesAreBrokenAtWords: below what they begin with.
func TestLongLinesAreBrokenAtWords(t *testing.T) {
	got := strings.Join(shown(t, Options{Width: 50, Color: termenv.ANSI}, plan,
		event.Warning{Code: "large-context", Message: "the context is larger than anybody would think", Hint: "Leave out of it what no step reads, in .dockerignore."},
		event.Built{Target: "final"},
		event.Sized{After: event.StageSize{Stage: "final", Bytes: 62_000_000, StandIn: "Debian's packages and nothing official"}},
		event.Ledger{Left: []event.LedgerGroup{{Name: "base OS", Bytes: 81_800_000}, {Name: "package manager caches", Bytes: 1_630_000}}},
	), "")
	for _, want := range []string{
		"WARNING the context is larger than anybody would\n  think (large-context)\n", "  hint: Leave out of it what no step reads, in\n    .dockerignore.\n",
		"* final is based on a stand-in: Debian's packages\n  and nothing official", "left behind  83.4 MB  base OS 81.8 MB, package\n                      manager caches 1.63 MB\n",
	} {
		if !strings.Contains(regexp.MustCompile(`\x1b\[[0-9;]*m`).ReplaceAllString(got, ""), want) {
			t.Errorf("want\n%s\nin\n%s", want, got)
		}
	}
}
