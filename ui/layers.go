package ui

import (
	"strings"

	"github.com/stagewatch/stagewatch/engine/event"
	"github.com/stagewatch/stagewatch/engine/human"
	"github.com/stagewatch/stagewatch/ui/draw"
	"github.com/stagewatch/stagewatch/ui/story"
)

// layerRows lists the layers of both images, each on the scale of the larger image.
func (m *Model) layerRows(b *story.Build, width int) []row {
	var rows []row
	full := max(b.Sizes.Before.Bytes, b.Sizes.After.Bytes)
	for _, s := range []event.StageSize{b.Sizes.Before, b.Sizes.After} {
		if s.Stage == "" {
			continue
		}
		if len(rows) > 0 {
			rows = append(rows, row{})
		}
		rows = append(rows, row{
			left:  draw.Line{}.Add(draw.Accent|draw.Bold, s.Stage).Add(draw.Dim, "  "+human.Count(len(s.Layers), "layer")),
			right: draw.Line{}.Add(draw.Plain|draw.Bold, human.Bytes(s.Bytes)),
			ref:   layerRef{s.Stage, wholeStage},
			copy:  s.Stage + "  " + human.Bytes(s.Bytes),
		})
		if s.StandIn != "" {
			rows = append(rows, flow([]row{{left: draw.Line{}.Add(draw.Warn, "▲ on a stand-in base: ").Add(draw.Dim, s.StandIn), hang: 2}}, width)...)
		}
		refs := layerRefs(s)
		for i, l := range s.Layers {
			rows = append(rows, m.layerRow(b, l, refs[i], full, width))
		}
	}
	return rows
}

// layerRefs are the layers of a stage as they are opened: all of the base's are one.
func layerRefs(s event.StageSize) []layerRef {
	refs := make([]layerRef, len(s.Layers))
	layer := 0
	for i, l := range s.Layers {
		if !l.Base {
			layer++
		}
		refs[i] = layerRef{s.Stage, layer}
	}
	return refs
}

// layerRow is a layer with what became of its step in the build.
func (m *Model) layerRow(b *story.Build, l event.Layer, ref layerRef, full int64, width int) row {
	bar, st, text, name := max(4, width/5), draw.Accent, draw.Plain, l.CreatedBy
	if l.Base {
		st, text, name = draw.Dim, draw.Dim, "base: "+madeBase(b, ref.stage, name)
	}
	left := draw.Line{}.Add(st, pad(draw.Bar(l.Bytes, full, bar), bar)).Add(text, " ")
	if s := b.Step(l.Step.Stage, l.Step.Index); s != nil && width >= gridWidth {
		k := m.mark(b, s)
		left = left.Add(k.style, pad(k.sign+" "+k.word, draw.Width("✓ CANCELED ")))
	} else if width >= gridWidth {
		left = left.Add(text, pad("", draw.Width("✓ CANCELED ")))
	}
	return row{left: left.Add(text, name), right: draw.Line{}.Add(draw.Plain, human.Bytes(l.Bytes)), ref: ref, copy: name}
}

// madeBase says how a layer of the base image was made. One that docker import made says nothing but that.
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

// madeLayer is a layer that a step made, with the build that has its size.
type madeLayer struct {
	event.Layer
	ref   layerRef
	build *story.Build
}

// layerOf finds the layer that a step made: in the sizes of its own build, or else in those that are known. It is nil
// where there is none.
func (m *Model) layerOf(b *story.Build, s *story.Step) *madeLayer {
	if b.Sizes == nil {
		b = m.sizedBuild()
	}
	if b == nil {
		return nil
	}
	for _, of := range []event.StageSize{b.Sizes.After, b.Sizes.Before} {
		for i, l := range of.Layers {
			if (l.Step == event.StepID{Stage: s.Stage, Index: s.Index}) {
				return &madeLayer{l, layerRefs(of)[i], b}
			}
		}
	}
	return nil
}

// openedLayer is the layer of the step that is opened in front, nil where there is none.
func (m *Model) openedLayer() *madeLayer {
	p := m.front()
	if m.focus != page || p == nil || p.kind != stepPage {
		return nil
	}
	if b := m.story.Build(p.build); b != nil {
		if s := b.Step(p.stage, p.index); s != nil {
			return m.layerOf(b, s)
		}
	}
	return nil
}
