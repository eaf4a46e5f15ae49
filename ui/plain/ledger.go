package plain

import (
	"fmt"
	"strings"

	"github.com/stagewatch/stagewatch/engine/event"
	"github.com/stagewatch/stagewatch/engine/human"
)

// ledger writes where the bytes of the final stage come from. A group's largest paths follow only if its size changed
// since the last build.
func (p *Printer) ledger(build int, b event.Ledger) {
	p.side(build, "carried", b.Carried)
	p.side(build, "added by the final stage", b.Own)
	p.side(build, "left behind", b.Left)
	if b.BaseBefore.Name != "" {
		p.line(build, "saved %s by the base (%s %s -> %s %s), %s by the layers on top of it", dash(human.Bytes(b.SavedByBase)),
			b.BaseBefore.Name, human.Bytes(b.BaseBefore.Bytes), b.BaseAfter.Name, human.Bytes(b.BaseAfter.Bytes), dash(human.Bytes(b.SavedByCopy)))
	}
	for _, w := range b.Wasted {
		if w.Line > 0 {
			p.line(build, "%s", Wasted(w))
			p.largest(build, "wasted/"+w.Stage+w.Instruction+w.Reason, "of it", w.Bytes, w.Paths)
		}
	}
}

// Wasted says which step adds bytes that are not visible in the final file system, and why.
func Wasted(w event.Waste) string {
	where := fmt.Sprintf("%s line %d, %s", w.Stage, w.Line, w.Instruction)
	if w.Reason == event.FreedNothing {
		if w.Bytes > 0 {
			return fmt.Sprintf("wasted %s: %s, frees nothing", human.Bytes(w.Bytes), where)
		}
		return "of no effect: " + where + ", frees nothing"
	}
	why := map[string]string{event.OverwrittenLater: "overwritten later", event.DeletedLater: "deleted later", event.Rewritten: "written again without a change"}[w.Reason]
	if why == "" {
		why = w.Reason
	}
	if w.LostLine > 0 {
		why = strings.TrimSuffix(why, " later") + fmt.Sprintf(" by line %d", w.LostLine)
	}
	return fmt.Sprintf("wasted %s: %s, %s", human.Bytes(w.Bytes), where, why)
}

func (p *Printer) side(build int, name string, groups []event.LedgerGroup) {
	var sum int64
	var parts []string
	for _, g := range groups {
		sum += g.Bytes
		parts = append(parts, g.Name+" "+human.Bytes(g.Bytes))
	}
	if len(parts) == 0 {
		return
	}
	p.line(build, "%s %s: %s", name, human.Bytes(sum), strings.Join(parts, ", "))
	for _, g := range groups {
		p.largest(build, name+"/"+g.Name, g.Name, g.Bytes, g.Paths)
	}
}

// largestPaths is how many paths of a group a line names.
const largestPaths = 3

func (p *Printer) largest(build int, key, name string, bytes int64, paths []event.LedgerPath) {
	if known, ok := p.groups[key]; ok && known == bytes || len(paths) == 0 {
		return
	}
	p.groups[key] = bytes
	var parts []string
	for _, path := range paths[:min(largestPaths, len(paths))] {
		parts = append(parts, path.Path+" "+human.Bytes(path.Bytes))
	}
	p.line(build, "  %s: %s", name, strings.Join(parts, ", "))
}
