package engine

import (
	"io"
	"testing"
	"testing/synctest"

	"github.com/stagewatch/stagewatch/engine/config"
	"github.com/stagewatch/stagewatch/engine/event"
	"github.com/stagewatch/stagewatch/engine/event/eventtest"
	"github.com/stagewatch/stagewatch/engine/solve"
	"github.com/stagewatch/stagewatch/engine/tree"
)

// TestWhatABuildReadForAMomentIsBuiltAgain: a file is written to just when a build reads it, and is then again what it was
// before. No save is left to build, and yet what was built is not what is there.
func TestWhatABuildReadForAMomentIsBuiltAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, config.Config{})
		defer r.close()
		r.serve()
		read, builds := "", 0
		r.builder.outcome = func(req solve.Request, _ string) error {
			if builds++; builds == 1 {
				r.write("src/a", "for a moment")
				f, err := req.Contexts["context"].(*tree.FS).Open("src/a")
				if err != nil {
					t.Error(err)
					return nil
				}
				defer f.Close()
				content, _ := io.ReadAll(f)
				read = string(content)
				r.write("src/a", "2")
			}
			return nil
		}
		r.save("src/a", "2")
		r.intents <- event.Await{ID: "1"}
		synctest.Wait()
		if read != "for a moment" {
			t.Fatalf("the build read %q", read)
		}
		r.batch([]string{"src/a"}, false)
		r.succeed()
		r.runner.Last().BecomeReady(nil)
		got := r.drain()
		if p, n := eventtest.One[event.Planned](t, eventtest.All[event.Planned](got)[1:]); n != 3 || len(p.Paths) != 1 || p.Paths[0] != "src/a" {
			t.Errorf("then build %d was planned for %v", n, p.Paths)
		}
		if answers := eventtest.All[event.Answer](got); len(answers) > 0 {
			t.Errorf("%+v", answers)
		}
		r.succeed()
		r.runner.Last().BecomeReady(nil)
		if a, n := eventtest.One[event.Answer](t, r.drain()); a.Result != event.AnswerServed || n != 3 {
			t.Errorf("build %d: %+v", n, a)
		}
	})
}

// TestATouchWhileABuildReadsBuildsNothing: what the build has is what is there.
func TestATouchWhileABuildReadsBuildsNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, config.Config{})
		defer r.close()
		r.serve()
		builds := 0
		r.builder.outcome = func(req solve.Request, _ string) error {
			if builds++; builds > 1 {
				return nil
			}
			r.write("src/a", "2")
			f, err := req.Contexts["context"].(*tree.FS).Open("src/a")
			if err != nil {
				t.Error(err)
				return nil
			}
			defer f.Close()
			if _, err := io.Copy(io.Discard, f); err != nil {
				t.Error(err)
			}
			return nil
		}
		r.save("src/a", "2")
		r.intents <- event.Await{ID: "1"}
		r.succeed()
		r.runner.Last().BecomeReady(nil)
		got := r.drain()
		if n := len(eventtest.All[event.Planned](got)); n != 1 {
			t.Errorf("%d builds", n)
		}
		if a, n := eventtest.One[event.Answer](t, got); a.Result != event.AnswerServed || n != 2 {
			t.Errorf("build %d: %+v", n, a)
		}
	})
}
