package engine

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stagewatch/stagewatch/engine/config"
	"github.com/stagewatch/stagewatch/engine/event"
	"github.com/stagewatch/stagewatch/engine/event/eventtest"
	"github.com/stagewatch/stagewatch/engine/project"
)

// TestWhatWasWrittenByANewNameIsToldSo: nobody is told of a hard link that is made, nor of what is written by it.
func TestWhatWasWrittenByANewNameIsToldSo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, config.Config{})
		defer r.close()
		r.serve()
		time.Sleep(2 * project.NoticedWithin)
		synctest.Wait()
		r.drain()
		other := filepath.Join(t.TempDir(), "a")
		if err := os.Link(filepath.Join(r.dir, "src/a"), other); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(other, []byte("written by its other name"), 0o644); err != nil {
			t.Fatal(err)
		}
		time.Sleep(auditEvery + 2*project.NoticedWithin)
		synctest.Wait()
		if w, _ := eventtest.One[event.Warning](t, r.drain()); w.Code != event.CodeWatchMissed || !slices.Equal(w.Paths, []string{"src/a"}) || !strings.Contains(w.Hint, "hard link") {
			t.Errorf("got %+v", w)
		}
	})
}
