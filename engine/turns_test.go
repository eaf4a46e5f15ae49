package engine

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stagewatch/stagewatch/engine/config"
	"github.com/stagewatch/stagewatch/engine/event"
	"github.com/stagewatch/stagewatch/engine/event/eventtest"
)

// TestASteadyWriter: however often a file is written, builds come to their end, what they made comes to serve, and the
// last write is built.
func TestASteadyWriter(t *testing.T) {
	const lasts = time.Minute
	for _, tt := range []struct{ every, build, start time.Duration }{
		{50 * time.Millisecond, 500 * time.Millisecond, 300 * time.Millisecond},
		{200 * time.Millisecond, 500 * time.Millisecond, 300 * time.Millisecond},
		{900 * time.Millisecond, time.Second, 300 * time.Millisecond},
		{50 * time.Millisecond, 400 * time.Millisecond, 3 * time.Second},
		{2 * time.Second, 7 * time.Second, time.Second},
	} {
		t.Run(fmt.Sprintf("every %v, builds of %v, containers of %v", tt.every, tt.build, tt.start), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := newRig(t, config.Config{})
				defer r.close()
				r.serve()
				r.builder.takes = tt.build
				r.runner.Take(tt.start)
				began, n := time.Now(), 0
				for time.Since(began) < lasts {
					n++
					r.save("src/a", fmt.Sprint("line ", n))
					time.Sleep(tt.every)
				}
				last := time.Now()
				time.Sleep(2 * (tt.build + tt.start))
				events := r.drain()
				var served []time.Time
				for _, e := range eventtest.All[event.Serving](events) {
					served = append(served, e.Time)
				}
				// Those lost while turns grow take as long as the last turn, which is at most twice what has to end in it,
				// once more. That counts for builds and for containers.
				bound := 4*(tt.build+tt.start) + newPace().turns.First + time.Duration(newPace().turns.Free)*tt.every
				for gap := range slices.Values(gaps(began, served)) {
					if gap > bound {
						t.Errorf("nothing new was served for %v, want at most %v", gap, bound)
					}
				}
				if len(served) == 0 || served[len(served)-1].Before(last) {
					t.Fatal("the last write is not served")
				}
				e := eventtest.All[event.Serving](events)
				if behind := e[len(e)-1].Body.(event.Serving).EditsBehind; behind != 0 {
					t.Errorf("what is served in the end is %d edits behind", behind)
				}
				// Calm again: the next save supersedes at once.
				r.save("src/a", "calm")
				r.save("src/a", "calm again")
				if n := len(eventtest.All[event.Planned](r.drain())); n != 2 {
					t.Errorf("%d builds after two saves in a calm", n)
				}
			})
		})
	}
}

// gaps are the times between the first moment and each of the next.
func gaps(from time.Time, moments []time.Time) []time.Duration {
	var out []time.Duration
	for _, m := range moments {
		out = append(out, m.Sub(from))
		from = m
	}
	return out
}

// TestABrokenDockerfileWaitsForTheTurnToo: it is broken while the running build has its turn. However that ends, what is wrong
// with the Dockerfile is said then.
func TestABrokenDockerfileWaitsForTheTurnToo(t *testing.T) {
	for name, end := range map[string]error{"the running build succeeds": nil, "the running build fails": errors.New("of the build")} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := newRig(t, config.Config{})
				defer r.close()
				r.serve()
				for n := range newPace().turns.Free + 1 {
					r.save("src/a", fmt.Sprint("line ", n))
				}
				r.drain()
				r.save("Dockerfile", "FROM base\nNONSENSE\n")
				if failed := eventtest.All[event.Failed](r.drain()); len(failed) != 0 {
					t.Fatalf("the running build has no turn: %+v", failed)
				}
				r.builder.last().end <- end
				failed := eventtest.All[event.Failed](r.drain())
				if len(failed) == 0 {
					t.Fatal("nothing is said of the Dockerfile")
				}
				if said := failed[len(failed)-1].Body.(event.Failed); !strings.Contains(said.Message, "NONSENSE") || said.Line != 2 {
					t.Errorf("said is %+v", said)
				}
			})
		})
	}
}
