package plain

import (
	"fmt"

	"github.com/stagewatch/stagewatch/engine/event"
	"github.com/stagewatch/stagewatch/engine/human"
	"github.com/stagewatch/stagewatch/ui/draw"
)

// compared writes how the image compares with another one.
func (p *Printer) compared(build int, b event.Compared) {
	for _, l := range Compared(b) {
		p.line(build, "%s", l)
	}
}

// Compared returns how an image compares with another one, in lines whose names are as they came.
func Compared(b event.Compared) []string {
	t, a := b.Target, b.Against
	lines := []string{
		fmt.Sprintf("COMPARED %s %s against %s %s, %s (%s)", t.Name, human.Bytes(t.Bytes), a.Name, human.Bytes(a.Bytes), dash(human.Delta(b.Difference)), dash(draw.Percent(a.Bytes, t.Bytes))),
	}
	for _, g := range b.Groups {
		lines = append(lines, fmt.Sprintf("  %s: %s, against %s", g.Name, human.Bytes(g.Target), human.Bytes(g.Against)))
	}
	for _, i := range []event.ComparedImage{t, a} {
		lines = append(lines, fmt.Sprintf("  %s compressed %s (%s), pulled in %s at %s", i.Name, human.Bytes(i.Compressed), i.Blobs(), millis(i.PullMS), b.Speed()))
	}
	lines = append(lines, "  pull times are size over bandwidth, of all layers", "  "+sharedLayers(b))
	for _, i := range []event.ComparedImage{t, a} {
		if i.StandIn != "" {
			lines = append(lines, fmt.Sprintf("  %s is based on a stand-in: %s", i.Name, i.StandIn))
		}
	}
	return lines
}

// sharedLayers says which layers both images have.
func sharedLayers(b event.Compared) string {
	if b.SharedLayers == 0 {
		return "no layer is shared"
	}
	return fmt.Sprintf("%s shared, %s", human.Count(b.SharedLayers, "layer"), human.Bytes(b.SharedBytes))
}
