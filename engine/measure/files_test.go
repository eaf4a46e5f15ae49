package measure

import (
	"testing"
	"testing/synctest"

	"github.com/stagewatch/stagewatch/engine/desk"
	"github.com/stagewatch/stagewatch/engine/event"
	"github.com/stagewatch/stagewatch/engine/image"
)

// TestFilesAreReportedToWhoAsks: nobody gets thousands of files unasked, and who asks gets each build's once.
func TestFilesAreReportedToWhoAsks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		out := desk.NewOutbox()
		events := make(chan event.Event, 10)
		go out.Run(t.Context(), events)
		m := New(desk.New(t.Context(), out.Voice("", func(b event.Body) event.Body { return b })), Needs{})
		reported := func(do func(), builds ...int) {
			t.Helper()
			do()
			synctest.Wait()
			for _, build := range builds {
				e := <-events
				if f, ok := e.Body.(event.Files); !ok || e.Build != build || len(f.Stages) != 2 {
					t.Errorf("build %d: %+v", e.Build, e.Body)
				}
			}
			if n := len(events); n > 0 {
				t.Errorf("%d events more", n)
			}
		}
		account := func(build int) func() {
			return func() {
				m.files.replace(build, make([]image.Listing, 2))
				m.reportFiles()
			}
		}
		reported(account(1))
		reported(m.Inspect, 1)
		reported(m.Inspect)
		reported(account(2), 2)
	})
}
