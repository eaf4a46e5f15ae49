package engine

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/stagewatch/stagewatch/engine/config"
	"github.com/stagewatch/stagewatch/engine/event"
	"github.com/stagewatch/stagewatch/engine/event/eventtest"
	"github.com/stagewatch/stagewatch/engine/plan"
)

// TestTheLoopAdvises on what saves have cost: after the fifth, and once.
func TestTheLoopAdvises(t *testing.T) {
	const tail = "FROM small\nCOPY --from=build /out /out\n"
	for name, c := range map[string]struct{ dockerfile, save, want string }{
		"everything at once": {
			"FROM base AS build\nCOPY . .\nRUN pip install -r requirements.txt\n" + tail, "src/a",
			"line 3, RUN pip install -r requirements.txt, comes after line 2, COPY . .: the last 5 saves would have cost 15s less the other way round",
		},
		"the requirements first": {"FROM base AS build\nCOPY requirements.txt .\nRUN pip install -r requirements.txt\nCOPY src /src\n" + tail, "src/a", ""},
		"a large file": {
			"FROM base AS build\nCOPY . .\nRUN make\n" + tail, "app.db",
			"app.db (10.5 MB) was all that changed in 5 of the last 5 saves, which took 15s to build",
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := newRig(t, config.Config{})
				defer r.close()
				r.save("requirements.txt", "flask")
				r.save("app.db", strings.Repeat("x", 10<<20))
				r.save("Dockerfile", c.dockerfile)
				r.serve()
				var got []string
				for n := range 10 {
					text := fmt.Sprint(n)
					if c.save == "app.db" {
						text += strings.Repeat("x", 10<<20)
					}
					r.save(c.save, text)
					slow := slices.IndexFunc(r.loop.builds.running.plan.Steps, func(s plan.Step) bool { return strings.HasPrefix(s.Instruction, "RUN ") })
					r.builder.last().times[r.loop.builds.running.plan.Steps[slow].ID()] = 3 * time.Second
					r.succeed()
					r.runner.Last().BecomeReady(nil)
					synctest.Wait()
					r.measured()
					for _, w := range eventtest.All[event.Warning](r.drain()) {
						got = append(got, w.Body.(event.Warning).Message)
						if n != 4 {
							t.Errorf("said after save %d", n+1)
						}
					}
				}
				if diff := cmp.Diff(c.want, strings.Join(got, "\n")); diff != "" {
					t.Error(diff)
				}
			})
		})
	}
}
