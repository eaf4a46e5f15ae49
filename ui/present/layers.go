package present

import (
	"strings"

	"github.com/stagewatch/stagewatch/engine/event"
	"github.com/stagewatch/stagewatch/engine/human"
	"github.com/stagewatch/stagewatch/ui/draw"
	"github.com/stagewatch/stagewatch/ui/story"
)

// WholeStage stands for all layers of a stage in place of one.
const WholeStage = -1

// LayerRef is a layer of a stage. All layers of the base image are layer 0.
type LayerRef struct {
	Stage string
	Layer int
}

// Layers lists the layers of both images on the scale of the larger image.
func Layers(v View, width int) []Row {
	b := v.Sized()
	if b == nil {
		return v.unmeasured()
	}
	var rows []Row
	full := max(b.Sizes.Before.Bytes, b.Sizes.After.Bytes)
	for _, s := range []event.StageSize{b.Sizes.Before, b.Sizes.After} {
		if s.Stage == "" {
			continue
		}
		if len(rows) > 0 {
			rows = append(rows, Row{})
		}
		rows = append(rows, Row{
			Left:  draw.Line{}.Add(draw.Accent|draw.Bold, s.Stage).Add(draw.Dim, "  "+human.Count(len(s.Layers), "layer")),
			Right: draw.Line{}.Add(draw.Plain|draw.Bold, human.Bytes(s.Bytes)),
			Ref:   LayerRef{s.Stage, WholeStage},
			Copy:  s.Stage + "  " + human.Bytes(s.Bytes),
		})
		if s.StandIn != "" {
			rows = append(rows, Flow([]Row{{Left: draw.Line{}.Add(draw.Warn, "▲ on a stand-in base: ").Add(draw.Dim, s.StandIn), Hang: 2}}, width)...)
		}
		refs := layerRefs(s)
		for i, l := range s.Layers {
			rows = append(rows, v.layerRow(b, l, refs[i], full, width))
		}
	}
	return rows
}

// layerRefs returns the refs of the layers of a stage, in their order.
func layerRefs(s event.StageSize) []LayerRef {
	refs := make([]LayerRef, len(s.Layers))
	layer := 0
	for i, l := range s.Layers {
		if !l.Base {
			layer++
		}
		refs[i] = LayerRef{s.Stage, layer}
	}
	return refs
}

// layerRow shows a layer with the state of its step in the build.
func (v View) layerRow(b *story.Build, l event.Layer, ref LayerRef, full int64, width int) Row {
	bar, st, text, name := max(4, width/5), draw.Accent, draw.Plain, l.CreatedBy
	if l.Base {
		st, text, name = draw.Dim, draw.Dim, "base: "+madeBase(b, ref.Stage, name)
	}
	left := draw.Line{}.Add(st, pad(draw.Bar(l.Bytes, full, bar), bar)).Add(text, " ")
	if s := b.Step(l.Step.Stage, l.Step.Index); s != nil && width >= tableWidth {
		k := v.mark(b, s)
		left = left.Add(k.style, pad(k.sign+" "+k.word, draw.Width("✓ CANCELED ")))
	} else if width >= tableWidth {
		left = left.Add(text, pad("", draw.Width("✓ CANCELED ")))
	}
	return Row{Left: left.Add(text, name), Right: draw.Line{}.Add(draw.Plain, human.Bytes(l.Bytes)), Ref: ref, Copy: name}
}

// madeBase says how a layer of the base image was made. A layer of docker import says only that it was imported.
func madeBase(b *story.Build, stage, createdBy string) string {
	if createdBy != "" && !strings.HasPrefix(createdBy, "Imported from ") {
		return createdBy
	}
	for _, st := range b.Stages {
		if st.Name == stage && st.Base != "" {
			return st.Base
		}
	}
	return "an imported image"
}

// MadeLayer is a layer that a step made, with the build that has its size.
type MadeLayer struct {
	event.Layer
	Ref   LayerRef
	Build *story.Build
}

// LayerOf returns the layer that a step made, nil where that is not known: from the sizes of its own build or, for a hit,
// from those that are shown. What any other step adds is known only when its build has been measured.
func LayerOf(v View, b *story.Build, s *story.Step) *MadeLayer {
	if b.Sizes == nil && s.State == event.Hit {
		b = v.Sized()
	}
	if b == nil || b.Sizes == nil {
		return nil
	}
	for _, of := range []event.StageSize{b.Sizes.After, b.Sizes.Before} {
		for i, l := range of.Layers {
			if (l.Step == event.StepID{Stage: s.Stage, Index: s.Index}) {
				return &MadeLayer{l, layerRefs(of)[i], b}
			}
		}
	}
	return nil
}
