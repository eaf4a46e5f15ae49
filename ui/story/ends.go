package story

import (
	"time"

	"github.com/stagewatch/stagewatch/engine/event"
	"github.com/stagewatch/stagewatch/ui/clean"
)

// HandedOn is the state of a step that a superseded build started, and that the newer build goes on with.
const HandedOn event.State = "handed-on"

// Word returns the step's state as faces write it, "" where it has none yet.
func (s *Step) Word() string {
	switch {
	case s.CountsElsewhere():
		return event.Merged
	case s.State == HandedOn:
		return "MOVED ON"
	}
	return s.State.Word()
}

// abandon ends a build that was abandoned, and cancels its running steps.
func (b *Build) abandon(at time.Time, a event.Abandoned) {
	b.State, b.End, b.MS, b.AbandonReason = Abandoned, at, a.MS, clean.Line(a.Reason)
	b.Steps(func(s *Step) {
		if s.State == event.Running {
			s.State, s.MS = event.Canceled, at.Sub(s.Started).Milliseconds()
		}
	})
}

// continueStep handles a step that an older build started and that this one goes on with. Its time counts from that start,
// and in the older build it is HandedOn and not canceled.
func (s *Story) continueStep(e event.Event, st event.Step) {
	old := s.Build(st.FromBuild)
	if old == nil || st.FromBuild >= e.Build || st.State != event.Running {
		return
	}
	if was := old.Step(clean.Line(st.Stage), st.Index); was != nil && was.State == event.Canceled {
		was.State, was.Reason = HandedOn, event.Reason{Kind: event.ReasonHandedOn, Build: e.Build}
		was.Because = was.Reason.String()
		s.build(e).Step(clean.Line(st.Stage), st.Index).Started = was.Started
	}
}

// cleanFailure returns a failure that a terminal can show.
func cleanFailure(f event.Failed) event.Failed {
	f.Stage, f.Instruction, f.Message, f.Hint = clean.Line(f.Stage), clean.Line(f.Instruction), clean.Line(f.Message), clean.Line(f.Hint)
	excerpt := make([]event.ExcerptLine, len(f.Excerpt))
	for i, l := range f.Excerpt {
		l.Text = clean.Line(l.Text)
		excerpt[i] = l
	}
	f.Excerpt = excerpt
	return f
}

func (b *Build) fail(at time.Time, f event.Failed) {
	f = cleanFailure(f)
	b.State, b.End, b.Failure = Failed, at, &f
	b.MS = at.Sub(b.Start).Milliseconds()
	b.errorLine = b.findErrorLine()
}

func (s *Story) built(e event.Event, built event.Built) {
	b := s.build(e)
	b.State, b.End, b.MS, b.Hits, b.Ran = Built, e.Time, built.MS, built.Hits, built.Ran
	b.Image, b.Tag = clean.Line(built.Image), clean.Line(built.Tag)
	b.Shortcuts = shortcuts(built.Shortcuts)
	if b.Saved = built.SavedMS; b.Saved == 0 {
		b.Steps(func(s *Step) { b.Saved += s.Saved })
	}
	if b.Target == "" {
		b.Target = clean.Line(built.Target)
	}
	s.Score = built.Score
	s.Saved += b.Saved
	s.Hits += b.Hits
	s.Ran += b.Ran
}

func shortcuts(in []event.Shortcut) []event.Shortcut {
	cleaned := func(ids []event.StepID) []event.StepID {
		var out []event.StepID
		for _, id := range ids {
			out = append(out, event.StepID{Stage: clean.Line(id.Stage), Index: id.Index})
		}
		return out
	}
	var out []event.Shortcut
	for _, s := range in {
		s.Step.Stage = clean.Line(s.Step.Stage)
		out = append(out, event.Shortcut{Step: s.Step, LeftOut: cleaned(s.LeftOut), Aside: cleaned(s.Aside)})
	}
	return out
}
