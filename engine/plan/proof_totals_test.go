package plan_test

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/stagewatch/stagewatch/engine/event"
)

// totals are what the engine made of the predictions.
type totals struct {
	cases, failed, discarded int
	hitHeld, hitRan          int
	maybeHit, maybeRan       int
	rerunHit, rerunRan       int
	// over counts by reason the steps that were predicted to rerun and were hits.
	over map[string]int
}

func (t *totals) outcome(p event.Prediction, why event.Reason, s event.State) {
	cell := map[event.Prediction]map[event.State]*int{
		event.WillHit:   {event.Hit: &t.hitHeld, event.Ran: &t.hitRan},
		event.MayRerun:  {event.Hit: &t.maybeHit, event.Ran: &t.maybeRan},
		event.WillRerun: {event.Hit: &t.rerunHit, event.Ran: &t.rerunRan},
	}[p][s]
	if cell == nil {
		return
	}
	*cell++
	if cell == &t.rerunHit {
		if t.over == nil {
			t.over = map[string]int{}
		}
		t.over[string(why.Kind)+why.Change]++
	}
}

func (t *totals) add(o totals) {
	t.hitHeld += o.hitHeld
	t.hitRan += o.hitRan
	t.maybeHit += o.maybeHit
	t.maybeRan += o.maybeRan
	t.rerunHit += o.rerunHit
	t.rerunRan += o.rerunRan
	if t.over == nil {
		t.over = map[string]int{}
	}
	for why, n := range o.over {
		t.over[why] += n
	}
}

func (t *totals) String() string {
	share := func(n, of int) string {
		return fmt.Sprintf("%d of %d (%.0f%%)", n, of, 100*float64(n)/float64(max(of, 1)))
	}
	all := t.hitHeld + t.hitRan + t.maybeHit + t.maybeRan + t.rerunHit + t.rerunRan
	var over []string
	for _, why := range slices.SortedFunc(maps.Keys(t.over), func(a, b string) int { return cmp.Or(t.over[b]-t.over[a], cmp.Compare(a, b)) }) {
		over = append(over, fmt.Sprintf("%d %q", t.over[why], why))
	}
	return fmt.Sprintf(`%d cases built, %d edits that do not build, %d Dockerfiles that never did
promised hits that held:  %s
"maybe" that were hits:   %s; maybes are %s of all steps
"rerun" that were hits:   %s: %s`,
		t.cases, t.failed, t.discarded, share(t.hitHeld, t.hitHeld+t.hitRan), share(t.maybeHit, t.maybeHit+t.maybeRan),
		share(t.maybeHit+t.maybeRan, all), share(t.rerunHit, t.rerunHit+t.rerunRan), strings.Join(over, ", "))
}
