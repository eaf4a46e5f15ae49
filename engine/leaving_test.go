package engine

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/stagewatch/stagewatch/engine/config"
	"github.com/stagewatch/stagewatch/engine/serve"
)

// TestNobodyWhoQuitsWaitsForAnEngineThatHangs, as a suspended one does; one that is only slow is waited for.
func TestNobodyWhoQuitsWaitsForAnEngineThatHangs(t *testing.T) {
	for _, hangs := range []bool{true, false} {
		synctest.Test(t, func(t *testing.T) {
			r := newRig(t, config.Config{})
			r.serve().Hangs.Store(true)
			r.pinger.hangs.Store(hangs)
			r.cancel()
			<-r.ended
			began := time.Now()
			r.loop.wait()
			want := serve.StopWithin
			if hangs {
				want = pingWithin
			}
			if took := time.Since(began); took != want {
				t.Errorf("hangs %v: waited for %s, want %s", hangs, took, want)
			}
		})
	}
}
