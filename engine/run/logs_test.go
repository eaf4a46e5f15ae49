package run

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stagewatch/stagewatch/engine/dock/docktest"
)

func TestEveryLineArrivesBeforeTheEndIsTold(t *testing.T) {
	r := newRig(t)
	var log diary
	c := r.start(Spec{Image: r.image("-lines", "20000", "-say", `first\\r\\n\\nthird\\n`, "-complain", "no line end"), Log: log.write})
	r.ended(c)
	<-c.logged
	out := log.texts("stdout")
	if len(out) != 20003 || out[0] != "first" || out[1] != "" || out[2] != "third" || !strings.HasPrefix(out[20002], "000019999 ") {
		t.Errorf("%d lines on stdout, beginning %q", len(out), out[:min(4, len(out))])
	}
	if errs := log.texts("stderr"); !slices.Equal(errs, []string{"no line end"}) {
		t.Errorf("stderr: %q", errs)
	}
}

// No line is lost and none comes twice, however often the connection to the engine breaks.
func TestLogsSurviveABrokenConnection(t *testing.T) {
	r := newRig(t)
	line := docktest.Unreliable(t, r.engine)
	runner := New(t.Context(), line.Engine, r.session.Labels())
	var log diary
	const count, cuts = 60000, 12
	c, err := runner.Start(t.Context(), Spec{Image: r.image("-lines", fmt.Sprint(count), "-life", "3s"), Log: log.write})
	if err != nil {
		t.Fatal(err)
	}
	// Cut while the app prints, and after its end while the rest of its log is read.
	for range cuts {
		seen := c.tail.total()
		for c.tail.total() < min(seen+count/20, count) {
			time.Sleep(time.Millisecond)
		}
		line.Cut()
	}
	r.ended(c)
	<-c.logged
	out := log.texts("stdout")
	for i, text := range out {
		if want := fmt.Sprintf("%09d ", i); !strings.HasPrefix(text, want) {
			t.Fatalf("line %d is %.20q after %d cuts", i, text, cuts)
		}
	}
	if len(out) != count {
		t.Errorf("%d of %d lines after %d cuts", len(out), count, cuts)
	}
}

func TestALongLineComesInMarkedPieces(t *testing.T) {
	r := newRig(t)
	var log diary
	c := r.start(Spec{Image: r.image("-long", "200000", "-say", `before\\n`), Log: log.write})
	r.ended(c)
	<-c.logged
	out := log.texts("stdout")
	if len(out) != 5 {
		t.Fatalf("%d pieces", len(out))
	}
	total := 0
	for i, piece := range out[1:] {
		text, goesOn := strings.CutSuffix(piece, Continued)
		if goesOn != (i < 3) || strings.Trim(text, "y") != "" {
			t.Errorf("piece %d of %d bytes, goes on: %v", i, len(piece), goesOn)
		}
		total += len(text)
	}
	if total != 200000 {
		t.Errorf("%d bytes of 200000", total)
	}
}
