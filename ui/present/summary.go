package present

import (
	"fmt"

	"github.com/stagewatch/stagewatch/engine/event"
	"github.com/stagewatch/stagewatch/engine/human"
	"github.com/stagewatch/stagewatch/ui/draw"
	"github.com/stagewatch/stagewatch/ui/story"
)

// tight says how much a text leaves out to fit. Each value leaves out more than the one before.
type tight int

const (
	roomy    tight = iota
	noFolder       // the folder of a changed file
	noWords        // and words that can be guessed
	noBuilt        // and the time of the build, which the time until it serves includes
)

// expectedWidth is the width from which a running build says how many steps are expected to run.
const expectedWidth = 94

// Summary answers in one line what the newest save cost and why. It leaves out what is least needed until it fits width;
// where nothing makes it fit, it is wider.
func Summary(v View, width int) draw.Line {
	var line draw.Line
	for t := roomy; t <= noBuilt; t++ {
		if line = v.summaryAt(t, width); line.Width() <= width {
			break
		}
	}
	return line
}

func (v View) summaryAt(t tight, width int) draw.Line {
	b := v.Shown()
	if b == nil {
		return v.summaryBefore()
	}
	line := draw.Line{}
	if v.Pinned != 0 {
		line = line.Add(draw.Accent, "looking back at ")
	}
	if v.Pinned == 0 && b.Over() && b.State != story.Failed {
		if n := v.Story.Waiting; n > 0 {
			return line.Add(draw.Plain, human.Count(n, "change")).Add(draw.Dim, " → ").Add(draw.Warn, "to be built when the writes pause")
		}
	}
	line = line.Add(draw.Plain|draw.Bold, fmt.Sprintf("build #%d", b.Number))
	line = line.Add(draw.Dim, " · ").Add(draw.Plain, cause(b, t)).Add(draw.Dim, " → ")
	switch b.State {
	case story.Building:
		return append(line, v.progress(b, width)...)
	case story.Failed:
		return append(line, failedAt(b)...)
	case story.Abandoned:
		return line.Add(draw.Warn, "given up after "+draw.Millis(b.MS)).Add(draw.Dim, ": "+b.AbandonReason)
	}
	return append(line, outcome(b, t)...)
}

// failedAt says where a build failed and with what message.
func failedAt(b *story.Build) draw.Line {
	f, where := b.Failure, ""
	if f.Stage != "" {
		where = " at " + b.StepName(f.Stage, f.Index)
	}
	if f.Line > 0 {
		where += fmt.Sprintf(", Dockerfile line %d", f.Line)
	}
	what := f.Message
	if said := b.ErrorLine(); said != "" {
		what = said
	}
	return draw.Line{}.Add(draw.Bad|draw.Bold, "failed"+where).Add(draw.Plain, ": "+what)
}

// outcome says what a build cost and saved.
func outcome(b *story.Build, t tight) draw.Line {
	var line draw.Line
	if b.Mishap != "" {
		line = line.Add(draw.Bad|draw.Bold, b.Mishap).Add(draw.Dim, " · ")
	}
	line = line.Add(draw.Warn, fmt.Sprintf("%d ran", b.Ran)).Add(draw.Dim, ", ").Add(draw.Good, human.Count(b.Hits, "hit"))
	if b.Saved > 0 {
		line = line.Add(draw.Good, " (saved "+draw.Millis(b.Saved)+")")
	}
	served := b.Served && b.Mishap == ""
	if t < noBuilt || !served && b.Mishap == "" {
		line = line.Add(draw.Dim, " · built ").Add(draw.Plain, draw.Millis(b.MS))
	}
	if served {
		line = line.Add(draw.Dim, " · served ").Add(draw.Plain, draw.Millis(b.ServedMS))
	}
	return line
}

func (v View) summaryBefore() draw.Line {
	if w := v.Story.Warned(event.CodeNoDockerfile); w != nil {
		return append(draw.Line{}.Add(draw.Plain, w.Message), hinted(" · ", w.Hint)...)
	}
	if v.Story.Engine == nil {
		return draw.Line{}.Add(draw.Dim, "looking for an engine; nothing is built yet")
	}
	return draw.Line{}.Add(draw.Dim, "the engine answers; reading the Dockerfile and the context")
}

func (v View) progress(b *story.Build, width int) draw.Line {
	n := b.Counts()
	total, expected := 0, 0
	b.Steps(func(s *story.Step) {
		total++
		if s.Prediction == event.WillRerun || s.Prediction == event.MayRerun {
			expected++
		}
	})
	done := total - n[""] - n[event.Running]
	line := draw.Line{}.Add(draw.Accent, fmt.Sprintf("%s %d of %s", v.spinner(), done, human.Count(total, "step")))
	if expected > 0 && width >= expectedWidth {
		line = line.Add(draw.Dim, fmt.Sprintf(" · %d expected to run", expected))
	}
	return line.Add(draw.Dim, " · ").Add(draw.Plain, draw.Millis(v.Now.Sub(b.Start).Milliseconds()))
}
