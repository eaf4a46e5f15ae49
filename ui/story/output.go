package story

import (
	"strings"
	"time"

	"github.com/stagewatch/stagewatch/engine/event"
	"github.com/stagewatch/stagewatch/ui/clean"
)

// maxOutput is the number of output lines that are kept for a step.
const maxOutput = 1000

// Output is the newest part of what a step printed.
type Output struct {
	Lines []OutputLine
	// Dropped counts the older lines, which are not kept.
	Dropped int
	// At is when the step printed it, where that was in an earlier session.
	At time.Time
}

// OutputLine is one line of a step's output.
type OutputLine struct {
	Stderr bool
	Text   string
}

// add appends the text of one event: one line or several.
func (o *Output) add(stderr bool, text string) {
	for l := range strings.SplitSeq(strings.TrimSuffix(text, "\n"), "\n") {
		o.Lines = append(o.Lines, OutputLine{stderr, clean.Line(clean.Overwritten(short(l)))})
	}
	if n := len(o.Lines) - maxOutput; n > maxOutput/4 {
		o.Dropped += n
		o.Lines = append(o.Lines[:0:0], o.Lines[n:]...)
	}
}

// Run is what became of a step in one build.
type Run struct {
	Build  int
	State  event.State
	MS     int64
	Saved  int64
	Reason string
}

// Printed returns the newest build, not newer than upTo, that has output of the step, and its step. It returns nil where no
// output is kept.
func (s *Story) Printed(upTo *Build, of *Step) (*Build, *Step) {
	for i := len(s.Builds) - 1; i >= 0; i-- {
		b := s.Builds[i]
		if b.Number > upTo.Number {
			continue
		}
		var found *Step
		b.Steps(func(step *Step) {
			if step.Stage == of.Stage && step.Instruction == of.Instruction && len(step.Output.Lines) > 0 {
				found = step
			}
		})
		if found != nil {
			return b, found
		}
		if of.RanBuild > 0 && b.Number <= of.RanBuild {
			// The run itself printed nothing.
			return nil, nil
		}
	}
	return nil, nil
}

// History returns what became of a step in the builds that are kept, the newest first. Steps with the same stage and
// instruction are the same step.
func (s *Story) History(of *Step) []Run {
	var runs []Run
	for i := len(s.Builds) - 1; i >= 0; i-- {
		b := s.Builds[i]
		b.Steps(func(step *Step) {
			if step.Stage == of.Stage && step.Instruction == of.Instruction && step.State != "" {
				runs = append(runs, Run{b.Number, step.State, step.MS, step.Saved, step.Because})
			}
		})
	}
	return runs
}

// Trend returns the sizes of the final images in bytes, the oldest first.
func (s *Story) Trend() []int64 {
	var sizes []int64
	for _, b := range s.Builds {
		if b.Sizes != nil {
			sizes = append(sizes, b.Sizes.After.Bytes)
		}
	}
	return sizes
}

// Sizes returns the newest build that has sizes, nil for none.
func (s *Story) Sizes() *Build {
	for i := len(s.Builds) - 1; i >= 0; i-- {
		if s.Builds[i].Sizes != nil {
			return s.Builds[i]
		}
	}
	return nil
}

func sized(b event.Sized) *event.Sized {
	b.Basis, b.Commit.ID = clean.Line(b.Basis), clean.Line(b.Commit.ID)
	for _, s := range []*event.StageSize{&b.Before, &b.After} {
		s.Stage, s.StandIn = clean.Line(s.Stage), clean.Line(s.StandIn)
		layers := make([]event.Layer, len(s.Layers))
		for i, l := range s.Layers {
			l.CreatedBy = clean.Line(l.CreatedBy)
			layers[i] = l
		}
		s.Layers = layers
	}
	return &b
}

func compared(b event.Compared) *event.Compared {
	for _, i := range []*event.ComparedImage{&b.Target, &b.Against} {
		i.Name, i.CompressedBy, i.StandIn = clean.Line(i.Name), clean.Line(i.CompressedBy), clean.Line(i.StandIn)
	}
	groups := make([]event.ComparedGroup, len(b.Groups))
	for i, g := range b.Groups {
		g.Name = clean.Line(g.Name)
		groups[i] = g
	}
	b.Groups = groups
	return &b
}

func ledger(b event.Ledger) *event.Ledger {
	b.Carried, b.Left, b.Own = groups(b.Carried), groups(b.Left), groups(b.Own)
	b.BaseBefore, b.BaseAfter = groups([]event.LedgerGroup{b.BaseBefore})[0], groups([]event.LedgerGroup{b.BaseAfter})[0]
	wasted := make([]event.Waste, len(b.Wasted))
	for i, w := range b.Wasted {
		w.Stage, w.Instruction, w.LostTo, w.Reason = clean.Line(w.Stage), clean.Line(w.Instruction), clean.Line(w.LostTo), clean.Line(w.Reason)
		w.Paths = paths(w.Paths)
		wasted[i] = w
	}
	b.Wasted, b.Warnings, b.Standing = wasted, lines(b.Warnings), lines(b.Standing)
	return &b
}

func paths(in []event.LedgerPath) []event.LedgerPath {
	out := make([]event.LedgerPath, len(in))
	for i, p := range in {
		p.Path = clean.Line(p.Path)
		out[i] = p
	}
	return out
}

func groups(in []event.LedgerGroup) []event.LedgerGroup {
	out := make([]event.LedgerGroup, len(in))
	for i, g := range in {
		g.Name, g.From, g.Instruction = clean.Line(g.Name), clean.Line(g.From), clean.Line(g.Instruction)
		g.Paths = paths(g.Paths)
		out[i] = g
	}
	return out
}
