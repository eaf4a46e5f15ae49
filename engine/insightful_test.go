package engine

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/stagewatch/stagewatch/engine/config"
	"github.com/stagewatch/stagewatch/engine/event"
	"github.com/stagewatch/stagewatch/engine/event/eventtest"
	"github.com/stagewatch/stagewatch/engine/project"
	"github.com/stagewatch/stagewatch/watch"
)

func TestTheChainRunsFromTheSaveThroughTheStages(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, config.Config{})
		defer r.close()
		r.serve()
		for path, want := range map[string]string{
			"src/a": "src/a changed (content) → Dockerfile:4 COPY src /src → 1 step → stage-1: COPY --from=build /out /out",
			"req":   "req changed (content) → Dockerfile:2 COPY req /req → 3 steps → stage-1: COPY --from=build /out /out",
		} {
			r.save(path, "changed for "+path)
			events := r.drain()
			if p, _ := eventtest.One[event.Planned](t, events); p.Chain != want {
				t.Errorf("got  %s\nwant %s", p.Chain, want)
			}
			r.succeed()
			r.runner.Last().BecomeReady(nil)
			synctest.Wait()
			r.measured()
			r.drain()
		}
	})
}

func TestARenameIsToldAsOne(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, config.Config{})
		defer r.close()
		r.serve()
		if err := os.Rename(filepath.Join(r.dir, "src/a"), filepath.Join(r.dir, "src/b")); err != nil {
			t.Fatal(err)
		}
		now := time.Now()
		r.batches <- project.Batch{Batch: watch.Batch{Paths: []string{"src/a", "src/b"}, First: now, Last: now}}
		c, _ := eventtest.One[event.Changed](t, r.drain())
		if diff := cmp.Diff([]event.Change{{Path: "src/b", Kind: event.Renamed, From: "src/a"}}, c.Changes); diff != "" {
			t.Error(diff)
		}
		if diff := cmp.Diff([]string{"src/a", "src/b"}, c.Paths); diff != "" {
			t.Error(diff)
		}
	})
}

func TestAPromiseThatBrokeIsToldOf(t *testing.T) {
	for name, c := range map[string]struct {
		outside fakeOutside
		want    string
		score   event.Score
		builds  int
	}{
		"nothing is seen":    {want: "nothing outside of the edit", score: event.Score{Promised: 6, Held: 5}, builds: 2},
		"the cache went":     {outside: fakeOutside{pruned: true}, want: "the build cache was pruned", score: event.Score{Promised: 6, Held: 5, Excused: 1}, builds: 2},
		"results are gone":   {outside: fakeOutside{lost: "FROM"}, want: "the builder had lost the result", score: event.Score{Promised: 6, Held: 5, Excused: 1}, builds: 2},
		"another base image": {outside: fakeOutside{moved: []string{"base"}}, want: "the base image base is another one", score: event.Score{Promised: 6, Held: 5, Excused: 1}, builds: 3},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := newRig(t, config.Config{}, func(d *deps) { d.outside = c.outside })
				defer r.close()
				r.serve()
				report := func(state event.State) {
					for index := 1; index <= 4; index++ {
						r.builder.last().req.Emit(event.Step{Stage: "build", Index: index, Total: 5, State: state})
						state = event.Hit
					}
				}
				r.save("src/a", "2")
				report(event.Ran)
				r.drain()
				r.succeed()
				events := r.drain()
				w, n := eventtest.One[event.Warning](t, events)
				if w.Code != event.CodePromiseBroken || n != 2 || !strings.Contains(w.Message, "build 1/5") || !strings.Contains(w.Message, c.want) {
					t.Errorf("build %d: %+v", n, w)
				}
				if r.loop.builds.count != c.builds {
					t.Errorf("there are %d builds", r.loop.builds.count)
				}
				r.save("src/a", "3")
				report(event.Hit)
				r.drain()
				r.succeed()
				b, _ := eventtest.One[event.Built](t, r.drain())
				b.Score.Maybes, b.Score.MaybeHits = 0, 0
				if diff := cmp.Diff(c.score, b.Score); diff != "" {
					t.Error(diff)
				}
			})
		})
	}
}

// fakeOutside is what happened to the builder.
type fakeOutside struct {
	moved  []string
	pruned bool
	lost   string
}

func (f fakeOutside) Moved(context.Context) ([]string, error) { return f.moved, nil }

func (f fakeOutside) Pruned(context.Context, time.Time) (bool, error) { return f.pruned, nil }

func (f fakeOutside) Lost(_ context.Context, results []string, _ time.Time) (bool, error) {
	return f.lost != "" && slices.ContainsFunc(results, func(r string) bool { return strings.Contains(r, f.lost) }), nil
}

// TestTheReasonIsToldInTheWayThingsChanged: files by kind, the Dockerfile instruction by instruction.
func TestTheReasonIsToldInTheWayThingsChanged(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, config.Config{})
		defer r.close()
		r.serve()
		file := rigDockerfile
		edit := func(old, new string) func() {
			return func() { file = strings.Replace(file, old, new, 1); r.save("Dockerfile", file) }
		}
		for _, c := range []struct {
			save           func()
			because, chain string
		}{
			{func() { r.save("src/b", "1") }, "src/b was added", "src/b was added → Dockerfile:4 COPY src /src → 1 step → stage-1: COPY --from=build /out /out"},
			{func() { r.save(".dockerignore", "src/b\n") }, ".dockerignore changed, which lets in or keeps out 1 path",
				".dockerignore changed, which lets in or keeps out 1 path → Dockerfile:4 COPY src /src → 1 step → stage-1: COPY --from=build /out /out"},
			{edit("RUN compile", "RUN compile -O"), "Dockerfile:5 was RUN compile, is RUN compile -O",
				"Dockerfile:5 was RUN compile, is RUN compile -O → 1 step → stage-1: COPY --from=build /out /out"},
			{edit("RUN install", "ENV A=1\nRUN install"), "Dockerfile:3 is new: ENV A=1",
				"Dockerfile:3 is new: ENV A=1 → Dockerfile:4 RUN install → 1 step → Dockerfile:6 RUN compile -O → stage-1: COPY --from=build /out /out"},
			{edit("FROM small", "# why\nFROM small"), "Dockerfile changed, but none of its instructions", "Dockerfile changed, but none of its instructions → no step reruns"},
			{edit("COPY --from=build /out /out", "COPY --from=build /out /out\nCMD x"), "Dockerfile:10 is new: CMD x", "Dockerfile:10 is new: CMD x → no step reruns"},
		} {
			c.save()
			p, _ := eventtest.One[event.Planned](t, r.drain())
			if p.Because != c.because || p.Chain != c.chain {
				t.Errorf("because %s\n        %s\nwant    %s\n        %s", p.Because, p.Chain, c.because, c.chain)
			}
			r.succeed()
			r.runner.Last().BecomeReady(nil)
			synctest.Wait()
			r.measured()
			r.drain()
		}
	})
}
