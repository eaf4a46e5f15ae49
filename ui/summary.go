package ui

import (
	"fmt"

	"github.com/stagewatch/stagewatch/engine/event"
	"github.com/stagewatch/stagewatch/engine/human"
	"github.com/stagewatch/stagewatch/ui/draw"
	"github.com/stagewatch/stagewatch/ui/story"
)

// tight says how much the summary leaves out to fit: the later, the less.
type tight int

const (
	roomy    tight = iota
	noFolder       // of the changed file only its name
	noWords        // and no words that can be guessed
	noBuilt        // and not the time of the build, which that until served includes
)

// summaryLines are the summary as it is shown: what no leaving out makes fit goes on in a second line, where the
// screen has room.
func (m *Model) summaryLines() []draw.Line {
	most := 1
	if m.height >= gridHeight+roomBeside {
		most = 2
	}
	return m.summary().Fit(m.width-2, 2, most)
}

// roomBeside is how many lines a screen needs beside its panels before texts get more than a line each: with 24 lines
// there are some to spare.
const roomBeside = 6

// summary answers in one line what the save cost, and why.
func (m *Model) summary() draw.Line {
	var line draw.Line
	for t := roomy; t <= noBuilt; t++ {
		if line = m.summaryAt(t); line.Width() <= m.width-2 {
			break
		}
	}
	return line
}

func (m *Model) summaryAt(t tight) draw.Line {
	b := m.shown()
	if b == nil {
		return m.summaryBefore()
	}
	line := draw.Line{}
	if m.pinned != 0 {
		line = line.Add(draw.Accent, "looking back at ")
	}
	if m.pinned == 0 && b.Over() && b.State != story.Failed {
		if n := m.story.Waiting; n > 0 {
			return line.Add(draw.Plain, human.Count(n, "change")).Add(draw.Dim, " → ").Add(draw.Warn, "to be built when the writes pause")
		}
	}
	line = line.Add(draw.Plain|draw.Bold, fmt.Sprintf("build #%d", b.Number))
	line = line.Add(draw.Dim, " · ").Add(draw.Plain, cause(b, t)).Add(draw.Dim, " → ")
	switch b.State {
	case story.Building:
		return append(line, m.progress(b)...)
	case story.Failed:
		return append(line, failedAt(b)...)
	case story.Abandoned:
		return line.Add(draw.Warn, "given up after "+draw.Millis(b.MS)).Add(draw.Dim, ": "+b.Reason)
	}
	return append(line, outcome(b, t)...)
}

// failedAt says where a build failed, and with what.
func failedAt(b *story.Build) draw.Line {
	f, where := b.Failure, ""
	if f.Stage != "" {
		where = " at " + b.StepName(f.Stage, f.Index)
	}
	if f.Line > 0 {
		where += fmt.Sprintf(", Dockerfile line %d", f.Line)
	}
	what := f.Message
	if said := b.Said(); said != "" {
		what = said
	}
	return draw.Line{}.Add(draw.Bad|draw.Bold, "failed"+where).Add(draw.Plain, ": "+what)
}

// outcome is what a build cost and saved.
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

func (m *Model) summaryBefore() draw.Line {
	if w := m.story.Warned(story.NoDockerfile); w != nil {
		return draw.Line{}.Add(draw.Plain, w.Message).Add(draw.Dim, hinted(w.Hint))
	}
	if m.story.Engine == nil {
		return draw.Line{}.Add(draw.Dim, "looking for an engine; nothing is built yet")
	}
	return draw.Line{}.Add(draw.Dim, "the engine answers; reading the Dockerfile and the context")
}

func (m *Model) progress(b *story.Build) draw.Line {
	n := b.Counts()
	total, expected := 0, 0
	b.Steps(func(s *story.Step) {
		total++
		if s.Prediction == event.WillRerun || s.Prediction == event.MayRerun {
			expected++
		}
	})
	done := total - n[""] - n[event.Running]
	line := draw.Line{}.Add(draw.Accent, fmt.Sprintf("%s %d of %s", m.spinner(), done, human.Count(total, "step")))
	if expected > 0 && m.width >= 96 {
		line = line.Add(draw.Dim, fmt.Sprintf(" · %d expected to run", expected))
	}
	return line.Add(draw.Dim, " · ").Add(draw.Plain, draw.Millis(m.now.Sub(b.Start).Milliseconds()))
}
