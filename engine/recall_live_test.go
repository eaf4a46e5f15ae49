package engine

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stagewatch/stagewatch/engine/config"
	"github.com/stagewatch/stagewatch/engine/event"
)

// TestTheFirstBuildOfTheMorning explains itself by what an earlier session built.
func TestTheFirstBuildOfTheMorning(t *testing.T) {
	l := newLive(t)
	l.start(config.Config{})
	await[event.Sized](l, nil)
	l.stop()
	l.write("requirements.txt", "UNIQUE changed")
	l.start(config.Config{})
	p, e := await[event.Planned](l, nil)
	if !strings.HasPrefix(p.Because, "requirements.txt changed since ") {
		t.Errorf("because %q", p.Because)
	}
	predicted := map[string]event.Prediction{}
	for _, s := range p.Steps {
		predicted[fmt.Sprint(s.Stage, " ", s.Index)] = s.Prediction
	}
	if predicted["build 3"] != event.WillRerun || predicted["build 1"] != event.WillHit {
		t.Errorf("predicted %v", predicted)
	}
	await[event.Built](l, nil)
	if got := l.steps(e.Build)["build 3"]; got != event.Ran {
		t.Errorf("the requirements' COPY is %s", got)
	}
}
