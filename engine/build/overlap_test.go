package build

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/stagewatch/stagewatch/engine/event"
)

// TestSupersededBuildHandsItsRunningStepsOver: an edit during a long install must not start it anew.
func TestSupersededBuildHandsItsRunningStepsOver(t *testing.T) {
	b := newBench(t)
	b.write("Dockerfile", "FROM python:3.9-alpine\nCOPY requirements.txt .\nRUN echo SECRET installing; sleep 3; echo SECRET installed\nCOPY . .\nRUN cat main.txt\n")
	b.write("requirements.txt", "SECRET")
	b.write("main.txt", "one")
	ctx, cancel := context.WithCancelCause(t.Context())
	installing := make(chan struct{})
	ended := make(chan error)
	go func() {
		_, err := b.build(ctx, func(body event.Body) {
			if out, ok := body.(event.Output); ok && strings.Contains(out.Text, "installing") {
				close(installing)
			}
		})
		ended <- err
	}()
	<-installing
	b.write("main.txt", "two "+b.secret)
	superseded := errors.New("superseded")
	start := time.Now()
	second, err := b.buildWith(t.Context(), func(r *Request) { r.Started = func() { cancel(superseded) } }, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := <-ended; !errors.Is(err, superseded) {
		t.Errorf("the first build ended with %v", err)
	}
	t.Log(time.Since(start), second.output)
	b.want(second, `
stage-0 1/5 :1 hit
stage-0 2/5 :2 hit
stage-0 3/5 :3 ran
stage-0 4/5 :4 ran
stage-0 5/5 :5 ran
`)
	if n := strings.Count(second.output, b.secret+" installing"); n != 1 {
		t.Errorf("installed %d times:\n%s", n, second.output)
	}
}
