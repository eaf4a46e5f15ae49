package present

import (
	"fmt"
	"slices"
	"strings"

	"github.com/stagewatch/stagewatch/engine/event"
	"github.com/stagewatch/stagewatch/engine/human"
	"github.com/stagewatch/stagewatch/ui/draw"
	"github.com/stagewatch/stagewatch/ui/story"
)

// ReasonsWidth is the width from which the reasons stand beside the steps.
const ReasonsWidth = 66

// sizeWidth is the width from which the bytes that a step adds stand beside its time.
const sizeWidth = 96

// timeWidth is what the time of a running step takes at the right. Hits may take more, as they have no reason.
const timeWidth = len("≈12.3s") + 2

// whyWidth is the least width of a reason in a step's line.
const whyWidth = 20

// Stages is the centre of the screen: every stage with its steps below its name.
func Stages(v View, width int) []Row {
	b := v.Shown()
	if b == nil {
		return v.emptyStages(width)
	}
	if b.Failure != nil && len(b.Stages) == 0 {
		return Flow([]Row{{}, {Left: draw.Line{}.Add(draw.Bad|draw.Bold, "there is no plan: "+b.Failure.Message), Ref: FailureRef{b}}}, width)
	}
	var rows []Row
	why := reasonWidth(b)
	for i, st := range b.Stages {
		if i > 0 && st.Needed {
			rows = append(rows, Row{})
		}
		rows = append(rows, v.stageRow(b, st, width))
		if v.Folded[FoldName(st)] {
			continue
		}
		for j, step := range st.Steps {
			if !isFrom(step) {
				rows = append(rows, v.stepRow(b, step, j == len(st.Steps)-1, width, why))
			}
		}
	}
	return rows
}

func (v View) emptyStages(width int) []Row {
	say := func(what, next string) []Row {
		rows := []Row{{}}
		for _, l := range wrapText(what, width) {
			rows = append(rows, Row{Left: draw.Line{}.Add(draw.Plain|draw.Bold, l)})
		}
		for _, l := range wrapText(next, width) {
			rows = append(rows, Row{Left: draw.Line{}.Add(draw.Dim, l)})
		}
		return rows
	}
	if w := v.Story.Warned(event.CodeNoDockerfile); w != nil {
		return say(w.Message, hintLabel+w.Hint)
	}
	if w := v.Story.Warned(event.CodeEngineGone); w != nil {
		return say(w.Message, hintLabel+w.Hint)
	}
	if v.Story.Engine == nil {
		return say("Waiting for the engine", "The first build starts as soon as it answers.")
	}
	return say("Reading the Dockerfile", "Stages and steps appear here with the first plan.")
}

func (v View) stageRow(b *story.Build, st *story.Stage, width int) Row {
	if !st.Needed && st.Replaced {
		return Row{Left: draw.Line{}.Add(draw.Dim, "  "+st.Name+"  replaced by "+st.Base), Ref: st}
	}
	if !st.Needed {
		return Row{Left: draw.Line{}.Add(draw.Dim, "  "+st.Name+"  not needed for "+b.Target), Ref: st}
	}
	fold := "▾ "
	if v.Folded[FoldName(st)] {
		fold = "▸ "
	}
	var tail draw.Line
	if st.Base != "" {
		tail = tail.Add(draw.Dim, "  from ").Add(draw.Plain, st.Base)
	}
	if from := st.Steps; len(from) > 0 && isFrom(from[0]) && (from[0].State == event.Running || from[0].State == event.Fail) {
		// The pull of a base image has no line of its own.
		k := v.mark(b, from[0])
		tail = append(tail.Add(k.style, " "+k.sign+" "), v.stepTime(b, from[0])...)
	}
	if from := without(st.From, st.Base); len(from) > 0 {
		tail = tail.Add(draw.Dim, "  ◂ "+strings.Join(from, ", "))
	}
	right, state := v.stageTotal(st), draw.Line{}
	if s := telling(st); s != nil {
		k := v.mark(b, s)
		state = state.Add(k.style, "  "+k.sign)
		// Where there is little room, the right side has the word of most states already.
		said := slices.Contains([]event.State{event.Hit, event.Ran, event.Running, event.Fail}, s.State) && len(right) > 0
		all := draw.Width(fold+st.Name+"  "+k.sign+" "+k.word+" ") + tail.Width() + right.Width()
		if width >= ReasonsWidth || !said || all <= width {
			state = state.Add(k.style, " "+k.word)
		}
	}
	name := draw.Cut(st.Name, max(width-draw.Width(fold)-state.Width()-right.Width()-1, 8))
	line := append(draw.Line{}.Add(draw.Dim, fold).Add(draw.Accent|draw.Bold, name), state...)
	if name != st.Name {
		tail = nil
	}
	return Row{Left: append(line, tail...), Right: right, Ref: st}
}

// stageTotal sums up a stage: what matters most about it in a word, and its time.
func (v View) stageTotal(st *story.Stage) draw.Line {
	var ms int64
	merged, n := 0, map[event.State]int{}
	steps := work(st)
	for _, s := range steps {
		if s.CountsElsewhere() {
			merged++
			continue
		}
		ms += s.MS
		n[s.State]++
	}
	switch {
	case n[event.Fail] > 0:
		return draw.Line{}.Add(draw.Bad|draw.Bold, "failed")
	case n[event.Running] > 0:
		return draw.Line{}.Add(draw.Accent, v.spinner())
	case n[event.Hit] > 0 && n[event.Hit]+merged == len(steps):
		return draw.Line{}.Add(draw.Good, "all hits")
	case n[event.Ran] > 0:
		return draw.Line{}.Add(draw.Dim, fmt.Sprintf("%d ran  ", n[event.Ran])).Add(draw.Plain, draw.Millis(ms))
	}
	return nil
}

// reasonWidth returns the width of a build's longest reason, so that all of its reasons line up.
func reasonWidth(b *story.Build) int {
	width := whyWidth
	b.Steps(func(s *story.Step) { width = max(width, draw.Width(b.Why(s))) })
	return width
}

func (v View) stepRow(b *story.Build, s *story.Step, last bool, width, whyWidth int) Row {
	branch := "├ "
	if last {
		branch = "└ "
	}
	k := v.mark(b, s)
	line := draw.Line{}.Add(draw.Dim, branch).Add(k.style, k.sign+" ").Add(k.style, fmt.Sprintf("%-9s", k.word))
	text := draw.Plain
	if s.State == event.Hit || s.State == event.Skip || s.State == "" && s.Prediction == event.WillHit {
		text = draw.Dim
	}
	right := v.stepTime(b, s)
	if width >= sizeWidth {
		size := ""
		if l := LayerOf(v, b, s); l != nil {
			size = human.Bytes(l.Bytes)
		}
		gap := draw.Width("  saved 12.3s") - right.Width()
		right = append(draw.Line{}.Add(draw.Dim, fmt.Sprintf("%8s%*s", size, max(2, gap), "")), right...)
	}
	if why := b.Why(s); width >= ReasonsWidth && why != "" {
		room := width - line.Width() - max(timeWidth, right.Width()+1) - 4
		name := max(room-whyWidth, room/2)
		line = line.Add(text, fmt.Sprintf("%s  ", pad(s.Instruction, name))).Add(draw.Dim, "← "+why)
	} else {
		line = line.Add(text, s.Instruction)
	}
	return Row{Left: line, Right: right, Ref: s}
}

// Why explains a step at the foot of a panel that is too narrow for [Stages] to show reasons. It is nil where the step
// has none.
func Why(v View, s *story.Step) draw.Line {
	b := v.Shown()
	if b == nil || b.Why(s) == "" {
		return nil
	}
	return draw.Line{}.Add(draw.Dim, s.Name()+" because ").Add(draw.Plain, b.Why(s))
}

// FailureRef is the failure of a build that never had a plan.
type FailureRef struct{ *story.Build }

// FoldName returns the name under which a stage, a step's stage or a group of the ledger is folded, empty where ref can't
// be folded.
func FoldName(ref any) string {
	switch ref := ref.(type) {
	case *story.Stage:
		return "stage " + ref.Name
	case *story.Step:
		return "stage " + ref.Stage
	case FoldRef:
		return string(ref)
	}
	return ""
}
