package ui

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stagewatch/stagewatch/engine/event"
	"github.com/stagewatch/stagewatch/engine/goldentest"
)

// until cuts a story after the n-th event that is wanted; it fails where there are fewer.
func until(t testing.TB, events []event.Event, n int, want func(event.Event) bool) []event.Event {
	t.Helper()
	for i, e := range events {
		if want(e) {
			if n--; n == 0 {
				return events[:i+1]
			}
		}
	}
	t.Fatal("the story has no such event")
	return nil
}

func kind(name string, build int) func(event.Event) bool {
	return func(e event.Event) bool { return e.Body.Kind() == name && e.Build == build }
}

func running(build int, stage string, index int) func(event.Event) bool {
	return func(e event.Event) bool {
		s, ok := e.Body.(event.Step)
		return ok && e.Build == build && s.Stage == stage && s.Index == index && s.State == event.Running
	}
}

// scene is a state of the dashboard with the keys that lead to a view of it.
type scene struct {
	name  string
	story string
	n     int
	until func(event.Event) bool
	extra []event.Body
	keys  string
}

var scenes = []scene{
	{name: "waiting"},
	{name: "engine-answers", story: "python-app", n: 1, until: kind("watching", 0)},
	{name: "first-build", story: "python-app", n: 3, until: kind("output", 1)},
	{name: "starting", story: "python-app", n: 1, until: kind("built", 1)},
	{name: "live", story: "python-app", n: 1, until: kind("ledger", 2)},
	{name: "building", story: "python-app", n: 1, until: running(3, "build", 4)},
	{name: "nothing-to-build", story: "python-app", n: 1, until: kind("skipped", 0)},
	{name: "writes-go-on", story: "python-app", n: 1, until: kind("ledger", 2), extra: []event.Body{
		event.Changed{Paths: []string{"app/a.py", "app/b.py"}}, event.Skipped{Paths: []string{"app/c.py"}, Reason: event.Unchanged},
	}},
	{name: "failed", story: "python-app", n: 1, until: kind("stale", 0)},
	{name: "failed-closed", story: "python-app", n: 1, until: kind("stale", 0), keys: "esc"},
	{name: "mended", story: "python-app"},
	{name: "superseded", story: "superseded"},
	{name: "not-ready", story: "not-ready"},
	{name: "crash-loop", story: "crash-loop"},
	{name: "engine-gone", story: "engine-gone"},
	{name: "port-taken", story: "port-taken"},
	{name: "no-dockerfile", story: "no-dockerfile"},
	{name: "not-watching", story: "python-app", n: 1, until: kind("ledger", 2), extra: []event.Body{event.Watching{On: false}}},
	{name: "stopped", story: "python-app", n: 1, until: kind("ledger", 2), extra: []event.Body{event.Stopped{Container: "stagewatch-2", Reason: event.StopAsked}}},
	{name: "stand-in", story: "python-app", n: 1, until: kind("ledger", 1), extra: []event.Body{
		event.Sized{Before: event.StageSize{Stage: "build", Bytes: 134e6, StandIn: "Debian bullseye with CPython 3.9.2"}, After: event.StageSize{Stage: "stage-1", Bytes: 50e6}, Ratio: 0.37, Basis: "uncompressed layers"},
		event.Warning{Code: event.CodeLibcMismatch, Message: "2 files from build need glibc, stage-1 has musl", Paths: []string{"/usr/local/lib/python3.9/site-packages/x.so"}, Hint: "build them on alpine, or copy into a slim base"}}},
	{name: "unneeded-stage", extra: []event.Body{event.Planned{Target: "app", Because: "first build",
		Stages: []event.PlannedStage{{Name: "test", Base: "build", From: []string{"build"}}, {Name: "build", Base: "golang:1.26", Needed: true}, {Name: "app", Base: "scratch", Needed: true, From: []string{"build", "scratch"}}},
		Steps:  []event.PlannedStep{{Stage: "build", Index: 2, Total: 2, Instruction: "RUN go build ./...", Prediction: event.MayRerun}, {Stage: "app", Index: 1, Total: 1, Instruction: "COPY --from=build /bin/app /", Prediction: event.MayRerun}}}}},
	{name: "replaced-stage", extra: []event.Body{event.Planned{Target: "app", Because: "first build",
		Stages: []event.PlannedStage{{Name: "deps", Base: "golang:1.26"}, {Name: "build", Base: "docker.io/acme/built:1", Replaced: true}, {Name: "app", Base: "scratch", Needed: true, From: []string{"build"}}},
		Steps:  []event.PlannedStep{{Stage: "build", Index: 1, Total: 1, Instruction: "FROM docker.io/acme/built:1", Prediction: event.MayRerun}, {Stage: "app", Index: 1, Total: 1, Instruction: "COPY --from=build /bin/app /", Prediction: event.MayRerun}}}}},
	{name: "checks", story: "python-app", n: 1, until: kind("ledger", 2), extra: checksOf(2)},
	{name: "checks-gate", story: "python-app", n: 1, until: kind("ledger", 2), extra: []event.Body{
		event.Changed{Paths: []string{"python_app/web.py"}}, event.Stale{ServingBuild: 2, EditsBehind: 1, Reason: "gate test of build #3 failed"},
		event.Check{Stage: "test", Gate: true, State: event.CheckUnaffected, Result: event.CheckFailed, ResultBuild: 2, RedSince: 2, Because: "python_app/web.py changed", Failed: &event.Failed{Message: "exit code: 1"}},
		event.Check{Stage: "lint", State: event.CheckCanceled},
	}},
	{name: "view-checks", story: "python-app", n: 1, until: kind("ledger", 2), extra: checksOf(2), keys: "c"},
	{name: "view-help", story: "python-app", n: 1, until: kind("ledger", 2), keys: "?"},
	{name: "view-step", story: "python-app", n: 1, until: kind("ledger", 2), keys: "1 j enter"},
	{name: "view-hit", story: "python-app", n: 1, until: kind("ledger", 2), keys: "1 g j j j enter"},
	{name: "view-layers", story: "python-app", n: 1, until: kind("ledger", 2), keys: "2 ] +"},
	{name: "view-files", story: "python-app", n: 1, until: kind("files", 2), keys: "2 ] + j j j j j j enter"},
	{name: "view-files-of-stage", story: "python-app", n: 1, until: kind("files", 2), keys: "2 ] g enter j space"},
	{name: "view-files-unread", story: "python-app", n: 1, until: kind("ledger", 1), keys: "2 ] + enter"},
	{name: "view-ledger", story: "python-app", n: 1, until: kind("ledger", 2), keys: "2 [ + space"},
	{name: "view-logs", story: "superseded", keys: "4 + t / G E T enter"},
	{name: "view-logs-paused", story: "python-app", n: 1, until: kind("ledger", 2), keys: "4 k k k"},
	{name: "view-output", story: "python-app", n: 1, until: kind("stale", 0), keys: "esc 4 ]"},
	{name: "view-skipped", story: "python-app", keys: "3 ] +"},
	{name: "view-builds", story: "python-app", keys: "5 +"},
	{name: "view-old-build", story: "python-app", keys: "5 j j enter"},
	{name: "view-old-failure", story: "python-app", keys: "5 j enter"},
	// What the real engine sent, which the stories above are made after.
	{name: "real-source-edit", story: realStory, n: 1, until: kind("sized", 2)},
	{name: "real-superseded", story: realStory, n: 1, until: func(e event.Event) bool {
		s, ok := e.Body.(event.Step)
		return ok && s.FromBuild > 0
	}},
	{name: "real-given-up", story: realStory, keys: "5 j j j enter"},
	{name: "real-failed", story: realStory, n: 1, until: kind("stale", 0)},
	{name: "real-killed", story: realStory, n: 1, until: func(e event.Event) bool {
		s, ok := e.Body.(event.Stopped)
		return ok && s.Reason == event.StopExited
	}},
	{name: "real-end", story: realStory},
	{name: "asking", story: "python-app", n: 1, until: kind("ledger", 2), keys: "s"},
}

// checksOf are checks of a build: one passed, one failed, one runs.
func checksOf(build int) []event.Body {
	failed := &event.Failed{Stage: "lint", Index: 2, Line: 9, Instruction: "RUN ruff check", Message: "exit code: 1", Hint: "The step's own output says more.",
		Excerpt: []event.ExcerptLine{{Line: 8, Text: "FROM build AS lint"}, {Line: 9, Text: "RUN ruff check", Blamed: true}}}
	return []event.Body{
		event.Check{Stage: "test", Gate: true, State: event.CheckPassed, Result: event.CheckPassed, ResultBuild: build, MS: 1210, Ran: 2, Hits: 5, Mended: true, Output: []event.OutputLine{{Stream: "stdout", Text: "12 passed in 0.81s"}}},
		event.Check{Stage: "lint", State: event.CheckFailed, Result: event.CheckFailed, ResultBuild: build, MS: 310, RedSince: build, Because: "python_app/__init__.py changed", Failed: failed,
			Output: []event.OutputLine{{Stream: "stdout", Text: "web.py:3:1: F401 `os` imported but unused"}, {Stream: "stderr", Text: "Found 1 error."}}, Dropped: 4},
		event.Check{Stage: "types", State: event.CheckRunning},
	}
}

// everySize names the scenes that are compared on the narrowest and on a wide terminal too; the others are laid out alike.
var everySize = []string{"waiting", "building", "live", "failed", "view-layers", "view-logs"}

// painted names the scenes that also pin colours and highlights, one in each group.
var painted = []string{"building", "live", "failed", "superseded", "not-ready", "crash-loop", "stand-in", "asking",
	"view-help", "view-step", "view-files", "view-ledger", "view-logs", "view-builds"}

func (sc scene) sizes() [][2]int {
	if slices.Contains(everySize, sc.name) {
		return [][2]int{{40, 12}, {80, 24}, {120, 40}, {200, 60}}
	}
	return [][2]int{{80, 24}, {120, 40}}
}

func (sc scene) play(t testing.TB, w, h int, change ...func(*Options)) *screen {
	t.Helper()
	s := newScreen(t, w, h, change...)
	if sc.story != "" {
		events := recording(t, sc.story)
		if sc.until != nil {
			events = until(t, events, sc.n, sc.until)
		}
		s.play(events)
	}
	for _, b := range sc.extra {
		build := 1
		if _, ok := b.(event.Stopped); ok {
			build = 2
		}
		s.play([]event.Event{{Time: s.now, Build: build, Body: b}})
	}
	for _, k := range strings.Fields(sc.keys) {
		s.press(k)
	}
	return s
}

// TestFrames compares every scene with what a person approved of: its text at some sizes, and of one scene in each group
// how the text is painted.
func TestFrames(t *testing.T) {
	for _, sc := range scenes {
		t.Run(sc.name, func(t *testing.T) {
			var got strings.Builder
			for _, size := range sc.sizes() {
				fmt.Fprintf(&got, "== %d×%d\n%s", size[0], size[1], sc.play(t, size[0], size[1]).text())
			}
			if slices.Contains(painted, sc.name) {
				fmt.Fprintf(&got, "== 120×40, painted\n%s", paintedRuns(t, sc.play(t, 120, 40).View()))
			}
			goldentest.Check(t, filepath.Join("testdata", "frames", sc.name+".txt"), got.String())
		})
	}
}
