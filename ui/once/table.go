package once

import (
	"fmt"
	"slices"
	"strings"

	"github.com/muesli/termenv"

	"github.com/stagewatch/stagewatch/engine/event"
	"github.com/stagewatch/stagewatch/engine/human"
	"github.com/stagewatch/stagewatch/ui/draw"
	"github.com/stagewatch/stagewatch/ui/plain"
	"github.com/stagewatch/stagewatch/ui/story"
)

// table writes a row for each stage: its steps, their time, and its size.
func (p *Printer) table(b *story.Build) {
	rows := [][]string{{"stage", "steps", "hit", "ran", "merged", "time", "saved", "size", ""}}
	merged := false
	for _, st := range b.Stages {
		if st.Needed && len(st.Steps) > 0 {
			rows = append(rows, row(b, st))
			merged = merged || slices.ContainsFunc(st.Steps, (*story.Step).CountsElsewhere)
		}
	}
	if !merged {
		for i := range rows {
			rows[i] = slices.Delete(rows[i], mergedColumn, mergedColumn+1)
		}
	}
	widths := make([]int, len(rows[0]))
	for _, r := range rows {
		for i, cell := range r {
			widths[i] = max(widths[i], draw.Width(cell))
		}
	}
	p.raw("")
	for n, r := range rows {
		var out strings.Builder
		for i, cell := range r {
			gap := strings.Repeat(" ", widths[i]-draw.Width(cell))
			switch i {
			case 0, len(r) - 1:
				out.WriteString(cell + gap)
			default:
				out.WriteString(gap + cell)
			}
			out.WriteString("  ")
		}
		color := termenv.Color(nil)
		if n == 0 {
			color = termenv.ANSIBrightBlack
		}
		p.write(color, "%s", strings.TrimRight(out.String(), " "))
	}
	if b.Sizes != nil {
		p.standIns(*b.Sizes)
	}
	if b.Ledger != nil {
		p.ledger(*b.Ledger)
	}
	if b.Compared != nil {
		p.raw("")
		for _, l := range plain.Compared(*b.Compared) {
			p.write(nil, "%s", l)
		}
	}
}

// ledger writes where the bytes of the final stage come from.
func (p *Printer) ledger(l event.Ledger) {
	p.raw("")
	for _, side := range []struct {
		name   string
		groups []event.LedgerGroup
	}{{"carried", l.Carried}, {"added", l.Own}, {"left behind", l.Left}} {
		var sum int64
		var parts []string
		for _, g := range side.groups {
			sum += g.Bytes
			parts = append(parts, g.Name+" "+human.Bytes(g.Bytes))
		}
		if len(parts) > 0 {
			p.write(nil, "%-11s  %7s  %s", side.name, human.Bytes(sum), strings.Join(parts, ", "))
		}
	}
	for _, w := range l.Wasted {
		if w.Line > 0 {
			p.write(termenv.ANSIYellow, "%s", plain.Wasted(w))
		}
	}
}

// mergedColumn is the column of the steps that are built, and counted, as the same step of another stage.
const mergedColumn = 4

func row(b *story.Build, st *story.Stage) []string {
	var hits, ran, merged int
	var took, saved int64
	for _, s := range st.Steps {
		switch {
		case s.CountsElsewhere():
			merged++
		case s.State == event.Hit:
			hits++
			saved += s.Saved
		case s.State == event.Ran:
			ran++
			took += s.MS
		}
	}
	size, change := "", ""
	if z := b.Sizes; z != nil {
		switch st.Name {
		case z.After.Stage:
			size, change = human.Bytes(z.After.Bytes), draw.Percent(z.Before.Bytes, z.After.Bytes)
			if z.After.StandIn != "" {
				size += "*"
			}
		case z.Before.Stage:
			size = human.Bytes(z.Before.Bytes)
			if z.Before.StandIn != "" {
				size += "*"
			}
		}
	}
	return []string{st.Name, fmt.Sprint(len(st.Steps)), fmt.Sprint(hits), fmt.Sprint(ran), fmt.Sprint(merged), millis(took), millis(saved), size, change}
}

func millis(ms int64) string {
	if ms == 0 {
		return "–"
	}
	return draw.Millis(ms)
}

// standIns explains the mark at sizes on stand-in base images.
func (p *Printer) standIns(z event.Sized) {
	for _, s := range []event.StageSize{z.Before, z.After} {
		if s.StandIn != "" {
			p.write(termenv.ANSIBrightBlack, "* %s is based on a stand-in: %s", s.Stage, s.StandIn)
		}
	}
}
