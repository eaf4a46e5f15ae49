package serve_test

import (
	"errors"
	"testing"
	"testing/synctest"

	"github.com/stagewatch/stagewatch/engine/config"
	"github.com/stagewatch/stagewatch/engine/event"
)

// Pages show why the newest source does not serve for as long as that is so, whatever becomes of what does serve.
func TestPagesShowWhyTheNewestSourceDoesNotServe(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, config.App{})
		defer r.close()
		first := r.serve()
		shows := func(when, title, detail string) {
			t.Helper()
			s := r.door.Failure()
			if title == "" && s != nil || title != "" && (s == nil || s.Title != title || s.Detail != detail) {
				t.Errorf("%s pages show %+v, want %q, %q", when, s, title, detail)
			}
		}
		shows("while all is well", "", "")
		r.desk.Do(func() { r.app.Stale("build #2 failed", event.Failed{Message: "exit code: 1", Hint: "See above."}) })
		shows("after a build that failed", "The build failed", "exit code: 1\nSee above.")
		first.Die(1)
		synctest.Wait()
		r.runner.Last().BecomeReady(nil)
		shows("after the old container was started again", "The build failed", "exit code: 1\nSee above.")
		r.deploy()
		shows("while the next one starts", "", "")
		r.runner.Last().BecomeReady(errors.New("no answer"))
		shows("after one that does not serve", "The newest build does not serve", "build #2 does not serve: no answer\n")
		r.replace()
		shows("once the next one serves", "", "")
	})
}

// Who hears that a build failed may look at the page at once, as a script does.
func TestThePageIsThereBeforeItIsToldOf(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, config.App{})
		defer r.close()
		told := 0
		r.said = func(b event.Body) {
			if _, is := b.(event.Stale); !is {
				return
			}
			told++
			if s := r.door.Status(); s.Title != "Not built" || s.Detail != "exit code: 1\nSee above." {
				t.Errorf("told of it, the page shows %+v", s)
			}
		}
		r.desk.Do(func() { r.app.Stale("build #1 failed", event.Failed{Message: "exit code: 1", Hint: "See above."}) })
		if r.drain(); told != 1 {
			t.Errorf("told of it %d times", told)
		}
	})
}
