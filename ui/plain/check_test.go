package plain

import (
	"bytes"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/stagewatch/stagewatch/engine/event"
)

func TestChecks(t *testing.T) {
	failed := &event.Failed{Stage: "test", Index: 3, Line: 9, Message: "exit code: 1", Hint: "Look.", Excerpt: []event.ExcerptLine{{Line: 9, Text: "RUN pytest", Blamed: true}}}
	red := event.Check{Stage: "test", State: event.CheckFailed, Gate: true, MS: 400, Result: event.CheckFailed, ResultBuild: 2, RedSince: 2, Because: "app.py changed", Reason: event.Reason{Kind: event.ReasonPath}, Failed: failed,
		Output: []event.OutputLine{{Stream: "stdout", Text: " 50%\r1 failed\x1b[31m"}}, Dropped: 3}
	unaffected := red
	unaffected.State = event.CheckUnaffected
	first := red
	first.Gate, first.ResultBuild, first.RedSince, first.Output, first.Dropped, first.Reason.Kind = false, 1, 1, nil, 0, event.ReasonFirstBuild
	for name, tt := range map[string]struct {
		build int
		check event.Check
		want  string
	}{
		"running": {1, event.Check{Stage: "test", State: event.CheckRunning}, "#1 check test\n"},
		"passed": {3, event.Check{Stage: "test", State: event.CheckPassed, MS: 1200, Ran: 1, Hits: 4, Mended: true, Output: []event.OutputLine{{Text: "12 passed"}}},
			"#3 check test PASSED in 1.2s: 1 ran, 4 hits, it failed before\n#3 test | 12 passed\n"},
		"failed":         {2, red, "#2 test | ... 3 lines before\n#2 test | 1 failed\n#2 gate test FAILED after 0.4s at Dockerfile line 9: exit code: 1\n#2 >   9 | RUN pytest\n#2 hint: Look.\n#2 gate test is red since build #2: app.py changed\n#2 it holds the build back\n"},
		"failed at once": {1, first, "#1 check test FAILED after 0.4s at Dockerfile line 9: exit code: 1\n#1 >   9 | RUN pytest\n#1 hint: Look.\n"},
		"unaffected":     {3, unaffected, "#3 gate test is not affected: it failed in build #2\n#3 gate test is red since build #2: app.py changed\n#3 it holds the build back\n"},
		"canceled":       {2, event.Check{Stage: "test", State: event.CheckCanceled, MS: 90}, "#2 check test CANCELED after 90ms\n"},
	} {
		t.Run(name, func(t *testing.T) {
			var out bytes.Buffer
			if err := New(&out, Options{}).Print(event.Event{Build: tt.build, Body: tt.check}); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, out.String()); diff != "" {
				t.Error(diff)
			}
		})
	}
}
