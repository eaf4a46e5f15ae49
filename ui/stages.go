package ui

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/stagewatch/stagewatch/engine/event"
	"github.com/stagewatch/stagewatch/engine/human"
	"github.com/stagewatch/stagewatch/ui/draw"
	"github.com/stagewatch/stagewatch/ui/story"
)

// becauseWidth is the width from which the reasons stand beside the steps.
const becauseWidth = 66

// sizeWidth is the width from which the bytes that each step adds stand beside its time.
const sizeWidth = 96

// timeWidth is what the time of a step that runs takes at the right; hits, which have no reason, may take more.
const timeWidth = len("≈12.3s") + 2

// whyWidth is the least that a reason gets of a step's line.
const whyWidth = 20

// stageRows is the centre of the screen: every stage with its steps, hanging on a line from its name.
func (m *Model) stageRows(width int) []row {
	b := m.shown()
	if b == nil {
		return m.emptyStages(width)
	}
	if b.Failure != nil && len(b.Stages) == 0 {
		return flow([]row{{}, {left: draw.Line{}.Add(draw.Bad|draw.Bold, "there is no plan: "+b.Failure.Message), ref: b}}, width)
	}
	var rows []row
	why := reasonWidth(b)
	for i, st := range b.Stages {
		if i > 0 && st.Needed {
			rows = append(rows, row{})
		}
		rows = append(rows, m.stageRow(b, st, width))
		if m.folded["stage "+st.Name] {
			continue
		}
		for j, step := range st.Steps {
			if !isFrom(step) {
				rows = append(rows, m.stepRow(b, step, j == len(st.Steps)-1, width, why))
			}
		}
	}
	return rows
}

func (m *Model) emptyStages(width int) []row {
	say := func(what, next string) []row {
		rows := []row{{}}
		for _, l := range wrapText(what, width) {
			rows = append(rows, row{left: draw.Line{}.Add(draw.Plain|draw.Bold, l)})
		}
		for _, l := range wrapText(next, width) {
			rows = append(rows, row{left: draw.Line{}.Add(draw.Dim, l)})
		}
		return rows
	}
	if w := m.story.Warned(story.NoDockerfile); w != nil {
		return say(w.Message, w.Hint)
	}
	if w := m.story.Warned(story.EngineGone); w != nil {
		return say(w.Message, w.Hint)
	}
	if m.story.Engine == nil {
		return say("Waiting for the engine", "The first build starts as soon as it answers.")
	}
	return say("Reading the Dockerfile", "Stages and steps appear here with the first plan.")
}

func (m *Model) stageRow(b *story.Build, st *story.Stage, width int) row {
	if !st.Needed && st.Replaced {
		return row{left: draw.Line{}.Add(draw.Dim, "  "+st.Name+"  replaced by "+st.Base), ref: st}
	}
	if !st.Needed {
		return row{left: draw.Line{}.Add(draw.Dim, "  "+st.Name+"  not needed for "+b.Target), ref: st}
	}
	fold := "▾ "
	if m.folded["stage "+st.Name] {
		fold = "▸ "
	}
	var tail draw.Line
	if st.Base != "" {
		tail = tail.Add(draw.Dim, "  from ").Add(draw.Plain, st.Base)
	}
	if from := st.Steps; len(from) > 0 && isFrom(from[0]) && (from[0].State == event.Running || from[0].State == event.Fail) {
		// A base that is being pulled has no line of its own.
		k := m.mark(b, from[0])
		tail = append(tail.Add(k.style, " "+k.sign+" "), m.stepTime(b, from[0])...)
	}
	if from := without(st.From, st.Base); len(from) > 0 {
		tail = tail.Add(draw.Dim, "  ◂ "+strings.Join(from, ", "))
	}
	right, state := m.stageTotal(st), draw.Line{}
	if s := telling(st); s != nil {
		k := m.mark(b, s)
		state = state.Add(k.style, "  "+k.sign)
		// Where there is little room, of most that happened the right has the word.
		said := slices.Contains([]event.State{event.Hit, event.Ran, event.Running, event.Fail}, s.State) && len(right) > 0
		all := draw.Width(fold+st.Name+"  "+k.sign+" "+k.word+" ") + tail.Width() + right.Width()
		if width >= becauseWidth || !said || all <= width {
			state = state.Add(k.style, " "+k.word)
		}
	}
	name := draw.Cut(st.Name, max(width-draw.Width(fold)-state.Width()-right.Width()-1, 8))
	line := append(draw.Line{}.Add(draw.Dim, fold).Add(draw.Accent|draw.Bold, name), state...)
	if name != st.Name {
		tail = nil
	}
	return row{left: append(line, tail...), right: right, ref: st}
}

// telling returns the step whose state stands for the stage: the one that failed or runs, else the one that was canceled,
// ran or is going to run.
func telling(st *story.Stage) *story.Step {
	var best *story.Step
	rank := -1
	for _, s := range work(st) {
		if n := weight(s); n > rank {
			best, rank = s, n
		}
	}
	return best
}

// work returns the stage's steps without its FROM, unless that failed, is being pulled, or is all there is.
func work(st *story.Stage) []*story.Step {
	if len(st.Steps) < 2 || !isFrom(st.Steps[0]) {
		return st.Steps
	}
	if s := st.Steps[0].State; s == event.Fail || s == event.Running {
		return st.Steps
	}
	return st.Steps[1:]
}

// weight orders the states of steps by how much they say about their stage.
func weight(s *story.Step) int {
	order := []event.State{event.Hit, event.Skip, event.Ran, story.HandedOn, event.Canceled, event.Running, event.Fail}
	if s.State != "" {
		return 4 * slices.Index(order, s.State)
	}
	// A step that was not seen yet stands between those that did not run and those that did, by its prediction.
	switch s.Prediction {
	case event.WillHit:
		return 1
	case event.MayRerun:
		return 6
	case event.WillRerun:
		return 7
	}
	return 5
}

// isFrom tells whether a step is the stage's FROM, which the stage's own line stands for.
func isFrom(s *story.Step) bool {
	return s.Index == 1 && len(s.Instruction) > 5 && strings.EqualFold(s.Instruction[:5], "from ")
}

func without(list []string, drop string) []string {
	var out []string
	for _, s := range list {
		if s != drop {
			out = append(out, s)
		}
	}
	return out
}

// stageTotal sums a stage: what matters most in a word, and its time.
func (m *Model) stageTotal(st *story.Stage) draw.Line {
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
		return draw.Line{}.Add(draw.Accent, m.spinner())
	case n[event.Hit] > 0 && n[event.Hit]+merged == len(steps):
		return draw.Line{}.Add(draw.Good, "all hits")
	case n[event.Ran] > 0:
		return draw.Line{}.Add(draw.Dim, fmt.Sprintf("%d ran  ", n[event.Ran])).Add(draw.Plain, draw.Millis(ms))
	}
	return nil
}

// reasonWidth is what the longest reason of a build takes, so that all of its reasons line up.
func reasonWidth(b *story.Build) int {
	width := whyWidth
	b.Steps(func(s *story.Step) { width = max(width, draw.Width(shortly(because(b, s)))) })
	return width
}

func (m *Model) stepRow(b *story.Build, s *story.Step, last bool, width, whyWidth int) row {
	branch := "├ "
	if last {
		branch = "└ "
	}
	k := m.mark(b, s)
	line := draw.Line{}.Add(draw.Dim, branch).Add(k.style, k.sign+" ").Add(k.style, fmt.Sprintf("%-9s", k.word))
	text := draw.Plain
	if s.State == event.Hit || s.State == event.Skip || s.State == "" && s.Prediction == event.WillHit {
		text = draw.Dim
	}
	right := m.stepTime(b, s)
	if width >= sizeWidth {
		size := ""
		// What a step that runs is going to add is not known.
		if l := m.layerOf(b, s); l != nil && (b.Sizes != nil || s.State == event.Hit) {
			size = human.Bytes(l.Bytes)
		}
		gap := draw.Width("  saved 12.3s") - right.Width()
		right = append(draw.Line{}.Add(draw.Dim, fmt.Sprintf("%8s%*s", size, max(2, gap), "")), right...)
	}
	if why := shortly(because(b, s)); width >= becauseWidth && why != "" {
		room := width - line.Width() - max(timeWidth, right.Width()+1) - 4
		name := max(room-whyWidth, room/2)
		line = line.Add(text, fmt.Sprintf("%s  ", pad(s.Instruction, name))).Add(draw.Dim, "← "+why)
	} else {
		line = line.Add(text, s.Instruction)
	}
	return row{left: line, right: right, ref: s}
}

// because is why a step ran or is going to, empty where the build as a whole says it already.
func because(b *story.Build, s *story.Step) string {
	if s.Because == b.Because && len(b.Paths) == 0 || s.State == event.Skip {
		return ""
	}
	return s.Because
}

// shortly leaves the folders of a path out of a reason; the changes have them.
func shortly(why string) string {
	p, rest, ok := strings.Cut(why, " ")
	if !ok || !strings.Contains(p, "/") || !strings.Contains(rest, "changed") {
		return why
	}
	return path.Base(p) + " " + rest
}

// pad cuts or fills s to exactly width columns.
func pad(s string, width int) string {
	s = draw.Cut(s, width)
	return s + strings.Repeat(" ", max(0, width-draw.Width(s)))
}
