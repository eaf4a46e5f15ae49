package engine

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/stagewatch/stagewatch/engine/event"
	"github.com/stagewatch/stagewatch/engine/image"
	"github.com/stagewatch/stagewatch/watch"
)

func TestTheChainRunsFromTheSaveThroughTheStages(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, Config{})
		defer r.close()
		r.serve()
		for path, want := range map[string]string{
			"src/a": "src/a changed → Dockerfile:4 COPY src /src → 1 step → stage-1: COPY --from=build /out /out",
			"req":   "req changed → Dockerfile:2 COPY req /req → 3 steps → stage-1: COPY --from=build /out /out",
		} {
			r.save(path, "changed for "+path)
			events := r.drain()
			if p, _ := one[event.Planned](t, events); p.Chain != want {
				t.Errorf("got  %s\nwant %s", p.Chain, want)
			}
			r.succeed()
			r.runner.last().ready <- nil
			synctest.Wait()
			r.measured()
			r.drain()
		}
	})
}

func TestARenameIsToldAsOne(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, Config{})
		defer r.close()
		r.serve()
		if err := os.Rename(filepath.Join(r.dir, "src/a"), filepath.Join(r.dir, "src/b")); err != nil {
			t.Fatal(err)
		}
		now := time.Now()
		r.batches <- written{Batch: watch.Batch{Paths: []string{"src/a", "src/b"}, First: now, Last: now}}
		c, _ := one[event.Changed](t, r.drain())
		if diff := cmp.Diff([]event.Change{{Path: "src/b", Kind: event.Renamed, From: "src/a"}}, c.Changes); diff != "" {
			t.Error(diff)
		}
		if diff := cmp.Diff([]string{"src/a", "src/b"}, c.Paths); diff != "" {
			t.Error(diff)
		}
	})
}

func TestAPromiseThatBrokeIsToldOf(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, Config{})
		defer r.close()
		r.serve()
		r.save("src/a", "2")
		report := func(index int, state event.State) {
			r.builder.last().req.Emit(event.Step{Stage: "build", Index: index, Total: 5, State: state})
		}
		report(1, event.Hit)
		report(2, event.Hit)
		report(3, event.Ran)
		report(4, event.Ran)
		r.drain()
		r.succeed()
		events := r.drain()
		w, n := one[event.Warning](t, events)
		if w.Code != "promise-broken" || n != 2 || !strings.Contains(w.Message, "build 3/5") {
			t.Errorf("build %d: %+v", n, w)
		}
		b, _ := one[event.Built](t, events)
		if diff := cmp.Diff(event.Score{Promised: 3, Held: 2}, b.Score); diff != "" {
			t.Error(diff)
		}
	})
}

// TestFilesAreToldToWhoAsks: nobody gets thousands of files unasked, and who asks gets each build's once.
func TestFilesAreToldToWhoAsks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, Config{})
		defer r.close()
		r.serve()
		account := func(build int) { r.loop.do(func() { r.loop.inspected(build, make([]image.Listing, 2)) }) }
		r.drain()
		account(1)
		if got := all[event.Files](r.drain()); len(got) != 0 {
			t.Errorf("told unasked: %+v", got)
		}
		r.intents <- event.Inspect{}
		if f, build := one[event.Files](t, r.drain()); build != 1 || len(f.Stages) != 2 {
			t.Errorf("build %d: %+v", build, f)
		}
		r.intents <- event.Inspect{}
		if got := all[event.Files](r.drain()); len(got) != 0 {
			t.Errorf("told twice: %+v", got)
		}
		account(2)
		if _, build := one[event.Files](t, r.drain()); build != 2 {
			t.Errorf("the next build's are those of build %d", build)
		}
	})
}
