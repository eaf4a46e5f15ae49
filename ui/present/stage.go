package present

import (
	"slices"
	"strings"

	"github.com/stagewatch/stagewatch/engine/event"
	"github.com/stagewatch/stagewatch/ui/story"
)

// telling returns the step whose state stands for the stage: one that failed or runs, else one that was canceled, ran or
// is going to run.
func telling(st *story.Stage) *story.Step {
	var best *story.Step
	rank := -1
	for _, s := range work(st) {
		if n := weight(s); n > rank {
			best, rank = s, n
		}
	}
	return best
}

// work returns the stage's steps without its FROM, unless that failed, is being pulled, or is all there is.
func work(st *story.Stage) []*story.Step {
	if len(st.Steps) < 2 || !isFrom(st.Steps[0]) {
		return st.Steps
	}
	if s := st.Steps[0].State; s == event.Fail || s == event.Running {
		return st.Steps
	}
	return st.Steps[1:]
}

// weight orders the states of steps by how much they say about their stage.
func weight(s *story.Step) int {
	order := []event.State{event.Hit, event.Skip, event.Ran, story.HandedOn, event.Canceled, event.Running, event.Fail}
	if s.State != "" {
		return 4 * slices.Index(order, s.State)
	}
	// The prediction ranks a step that was not seen yet between those that did not run and those that did.
	switch s.Prediction {
	case event.WillHit:
		return 1
	case event.MayRerun:
		return 6
	case event.WillRerun:
		return 7
	}
	return 5
}

// isFrom reports whether a step is the FROM of its stage, which has no line of its own.
func isFrom(s *story.Step) bool {
	return s.Index == 1 && len(s.Instruction) > 5 && strings.EqualFold(s.Instruction[:5], "from ")
}

func without(list []string, drop string) []string {
	var out []string
	for _, s := range list {
		if s != drop {
			out = append(out, s)
		}
	}
	return out
}
