package plain

import (
	"github.com/stagewatch/stagewatch/engine/event"
	"github.com/stagewatch/stagewatch/ui/clean"
)

// check writes how a check stands, with what it printed where it failed.
func (p *Printer) check(build int, b event.Check) {
	name := b.Named()
	switch b.State {
	case event.CheckRunning:
		p.line(build, "%s", name)
	case event.CheckPassed:
		again := ""
		if b.Mended {
			again = ", it failed before"
		}
		p.line(build, "%s %s in %s: %d ran, %s%s", name, b.State.Word(), millis(b.MS), b.Ran, count(b.Hits, "hit"), again)
		p.said(build, b)
	case event.CheckFailed:
		p.said(build, b)
		where, said := "", ""
		if f := b.Failed; f != nil {
			where, said = atLine(*f), ": "+f.Message
		}
		p.line(build, "%s %s after %s%s%s", name, b.State.Word(), millis(b.MS), where, said)
		if b.Failed != nil {
			p.excerpt(build, *b.Failed)
		}
		p.red(build, b)
	case event.CheckUnaffected:
		p.line(build, "%s is not affected: it %s in build #%d", name, b.Result, b.ResultBuild)
		p.red(build, b)
	case event.CheckCanceled:
		p.line(build, "%s %s after %s", name, b.State.Word(), millis(b.MS))
	}
}

// said writes what a check printed.
func (p *Printer) said(build int, b event.Check) {
	if b.Dropped > 0 {
		p.line(build, "%s | ... %s before", b.Stage, count(b.Dropped, "line"))
	}
	for _, l := range b.Output {
		p.line(build, "%s | %s", b.Stage, clean.Overwritten(l.Text))
	}
}

// red says what turned a check red, and what comes of that.
func (p *Printer) red(build int, b event.Check) {
	if !b.Red() {
		return
	}
	if b.Reason.Kind != event.ReasonFirstBuild || b.RedSince != build {
		p.line(build, "%s is red %s", b.Named(), b.Since())
	}
	if b.Gate {
		p.line(build, "it holds the build back")
	}
}
