package report

import (
	"fmt"
	"strings"

	"github.com/stagewatch/stagewatch/engine/event"
	"github.com/stagewatch/stagewatch/engine/human"
)

// side is one side of the ledger.
type side struct {
	Name   string
	Left   bool
	Groups []event.LedgerGroup
	Bytes  int64
}

// sides returns what the final stage is made of and what it left behind, nil without a ledger.
func (r *Report) sides() []side {
	l := r.ledger()
	if l == nil {
		return nil
	}
	var out []side
	add := func(name string, left bool, groups ...event.LedgerGroup) {
		s := side{Name: name, Left: left, Groups: groups}
		for _, g := range groups {
			s.Bytes += g.Bytes
		}
		if len(groups) > 0 && groups[0].Name != "" {
			out = append(out, s)
		}
	}
	add("carried into the final stage", false, l.Carried...)
	add("added by the final stage itself", false, l.Own...)
	add("its base image", false, l.BaseAfter)
	add("left behind", true, l.Left...)
	return out
}

func (r *Report) ledger() *event.Ledger {
	if r.Sized == nil {
		return nil
	}
	return r.Sized.Ledger
}

// difference says what made the final stage smaller or larger.
func (r *Report) difference() string {
	l := r.ledger()
	if l == nil || l.SavedByBase == 0 && l.SavedByCopy == 0 {
		return ""
	}
	return fmt.Sprintf("%s of that come from the other base image, %s from the layers on top of it.", human.Delta(-l.SavedByBase), human.Delta(-l.SavedByCopy))
}

// origin says where a group comes from, empty if that is not known.
func origin(g event.LedgerGroup) string {
	if g.From == "" {
		return ""
	}
	return fmt.Sprintf("from %s, line %d", g.From, g.Line)
}

// wastes returns the wasted bytes that the Dockerfile can avoid.
func (r *Report) wastes() []event.Waste {
	l := r.ledger()
	if l == nil {
		return nil
	}
	var out []event.Waste
	for _, w := range l.Wasted {
		if w.Reason != event.InBase {
			out = append(out, w)
		}
	}
	return out
}

// wasteText says why bytes are wasted.
func wasteText(w event.Waste) string {
	var out strings.Builder
	fmt.Fprintf(&out, "line %d of stage %s", w.Line, w.Stage)
	if w.Reason == event.FreedNothing {
		out.WriteString(" frees nothing")
		if w.Bytes > 0 {
			out.WriteString(" and adds " + human.Bytes(w.Bytes))
		}
		return out.String()
	}
	fmt.Fprintf(&out, ": %s, %s", human.Bytes(w.Bytes), w.Reason)
	if w.LostLine > 0 {
		fmt.Fprintf(&out, " by line %d", w.LostLine)
	}
	return out.String()
}
