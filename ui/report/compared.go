package report

import (
	"fmt"

	"github.com/stagewatch/stagewatch/engine/event"
	"github.com/stagewatch/stagewatch/engine/human"
	"github.com/stagewatch/stagewatch/ui/draw"
)

// against is how the newest build with sizes compares with another image, nil where it was not compared.
func (r *Report) against() *event.Compared {
	if r.Sized == nil {
		return nil
	}
	return r.Sized.Compared
}

// comparison is the section about two images that are compared.
type comparison struct {
	Target, Against string
	Rows            []comparedRow
	// Notes say how the figures were come by.
	Notes []string
}

// comparedRow is a figure of both images, with bars on one scale where Whole is more than 0.
type comparedRow struct {
	Name, Is, Was, Delta string
	is, was, whole       int64
}

// IsShare and WasShare are the lengths of the bars in percent.
func (c comparedRow) IsShare() float64  { return share(c.is, c.whole) }
func (c comparedRow) WasShare() float64 { return share(c.was, c.whole) }

// Bars reports whether the row has bars.
func (c comparedRow) Bars() bool { return c.whole > 0 }

func (r *Report) comparison() *comparison {
	b := r.against()
	if b == nil {
		return nil
	}
	t, a := b.Target, b.Against
	c := &comparison{Target: t.Name, Against: a.Name}
	whole := max(t.Bytes, a.Bytes)
	bytes := func(name string, is, was int64) {
		c.Rows = append(c.Rows, comparedRow{name, human.Bytes(is), human.Bytes(was), human.Delta(is - was), is, was, whole})
	}
	for _, g := range b.Groups {
		bytes(g.Name, g.Target, g.Against)
	}
	bytes("all", t.Bytes, a.Bytes)
	bytes("compressed", t.Compressed, a.Compressed)
	c.Rows = append(c.Rows,
		comparedRow{Name: "pulled at " + b.Speed(), Is: draw.Millis(t.PullMS), Was: draw.Millis(a.PullMS), Delta: draw.Percent(a.PullMS, t.PullMS)},
		comparedRow{Name: "layers", Is: fmt.Sprint(t.Layers), Was: fmt.Sprint(a.Layers), Delta: sharing(b)})
	blobs := t.Blobs()
	if a.CompressedBy != t.CompressedBy {
		blobs = fmt.Sprintf("%s: %s; %s: %s", t.Name, blobs, a.Name, a.Blobs())
	}
	c.Notes = []string{"Compressed: the sum of the layers' blobs, " + blobs + ". The time of a pull is that over the bandwidth, of all layers."}
	if a.StandIn != "" {
		c.Notes = append(c.Notes, fmt.Sprintf("%s is based on a stand-in for its base image: %s.", a.Name, a.StandIn))
	}
	return c
}

// sharing says which layers both images have.
func sharing(b *event.Compared) string {
	if b.SharedLayers == 0 {
		return "none shared"
	}
	return fmt.Sprintf("%d shared, %s", b.SharedLayers, human.Bytes(b.SharedBytes))
}

func (md *markdown) comparison(r *Report) {
	c := r.comparison()
	if c == nil {
		return
	}
	md.line("### Compared with %s", code(c.Against))
	md.line("")
	md.row("", code(c.Target), code(c.Against), "")
	md.line("|---|--:|--:|--:|")
	for _, row := range c.Rows {
		md.row(entities(row.Name), row.Is, row.Was, row.Delta)
	}
	md.line("")
	for _, note := range c.Notes {
		md.line("<sub>%s</sub><br>", entities(note))
	}
	md.line("")
}
