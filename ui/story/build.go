package story

import (
	"fmt"
	"time"

	"github.com/stagewatch/stagewatch/engine/event"
	"github.com/stagewatch/stagewatch/ui/clean"
)

// BuildState is the state of a build.
type BuildState int

// The states of a build.
const (
	Building BuildState = iota
	Built
	Failed
	Abandoned
)

// Build is one build, from its plan to its end.
type Build struct {
	Number int
	State  BuildState
	Target string
	// Because is Reason in words.
	Because string
	Reason  event.Reason
	Paths   []string
	Changes []event.Change
	// Edits are the edits of the Dockerfile. Chain leads from the cause through the steps.
	Edits  []event.Edit
	Chain  string
	Stages []*Stage
	// Start is the time of its plan, End that of its end.
	Start, End time.Time
	// MS is its duration, Saved the time that its hits saved, both in milliseconds.
	MS         int64
	Hits, Ran  int
	Saved      int64
	Image, Tag string
	// Shortcuts are the copies that did not wait for the last state of their stage.
	Shortcuts []event.Shortcut
	// ServedMS is the time from the save to its first answer, in milliseconds, where Served is set.
	ServedMS int64
	Served   bool
	Failure  *event.Failed
	Sizes    *event.Sized
	Ledger   *event.Ledger
	Compared *event.Compared
	Files    *event.Files
	// AbandonReason is why it was abandoned.
	AbandonReason string
	// Mishap says how the build's container ended by itself, empty where it did not.
	Mishap string
	// errorLine is the result of ErrorLine.
	errorLine string
	// outputsDropped is set once the outputs of the build's steps are dropped.
	outputsDropped bool
}

// Stage is a stage with its steps.
type Stage struct {
	Name, Base string
	Line       int
	Needed     bool
	// Replaced is set where a named context, Base, replaces the stage.
	Replaced bool
	From     []string
	Steps    []*Step
}

// Step is a step of a build: what was expected of it, and what happened.
type Step struct {
	Stage        string
	Index, Total int
	Instruction  string
	Line         int
	Prediction   event.Prediction
	// State is empty before BuildKit's first report.
	State event.State
	// MS is its duration, Saved the time that a hit saved, both in milliseconds.
	MS      int64
	Saved   int64
	Because string
	Reason  event.Reason
	Inputs  []event.Input
	Started time.Time
	Output  Output
	// Last is the duration of the previous run, in milliseconds, 0 where it is not known.
	Last int64
	// RanAt is when the step of a hit last ran. RanBuild is the build of that run, 0 for one of an earlier session.
	RanAt    time.Time
	RanBuild int
	// Merged is the identical step that was built instead, nil for none.
	Merged *event.StepID
}

// CountsElsewhere reports whether the step was built as an identical step, which is counted instead.
func (s *Step) CountsElsewhere() bool {
	return s.Merged != nil && (s.State == event.Hit || s.State == event.Ran)
}

// Name returns the step's stage and number: "build 4/6".
func (s *Step) Name() string {
	if s.Total == 0 {
		return fmt.Sprintf("%s %d", s.Stage, s.Index)
	}
	return fmt.Sprintf("%s %d/%d", s.Stage, s.Index, s.Total)
}

// Why returns in short words why the step ran or will run. It returns "" where the whole build has the same reason, which
// faces show above the steps.
func (b *Build) Why(s *Step) string {
	switch {
	case s.Because == "", s.State == event.Skip, s.Reason.Kind != "" && s.Reason.Equal(b.Reason) && len(b.Paths) == 0:
		return ""
	case s.Reason.Kind == "":
		// A recording of an older version has no reasons.
		return s.Because
	}
	return s.Reason.Brief()
}

// StepName returns the name of a step, even of one that the build does not have.
func (b *Build) StepName(stage string, index int) string {
	if s := b.Step(stage, index); s != nil {
		return s.Name()
	}
	return (&Step{Stage: stage, Index: index}).Name()
}

// Over reports whether the build has ended.
func (b *Build) Over() bool { return b.State != Building }

// Steps calls f for every step, in the order of the Dockerfile.
func (b *Build) Steps(f func(*Step)) {
	for _, st := range b.Stages {
		for _, step := range st.Steps {
			f(step)
		}
	}
}

// Step returns a step, nil where the build has none of that name.
func (b *Build) Step(stage string, index int) *Step {
	for _, st := range b.Stages {
		if st.Name == stage {
			for _, step := range st.Steps {
				if step.Index == index {
					return step
				}
			}
		}
	}
	return nil
}

// Counts returns the number of steps in each state.
func (b *Build) Counts() map[event.State]int {
	n := map[event.State]int{}
	b.Steps(func(s *Step) { n[s.State]++ })
	return n
}

// Current returns the newest build, nil before the first.
func (s *Story) Current() *Build {
	if len(s.Builds) == 0 {
		return nil
	}
	return s.Builds[len(s.Builds)-1]
}

// Build returns the build with a number, nil where it is not kept.
func (s *Story) Build(number int) *Build {
	for i := len(s.Builds) - 1; i >= 0; i-- {
		if s.Builds[i].Number == number {
			return s.Builds[i]
		}
	}
	return nil
}

// build returns the build that an event belongs to, and adds one where it had no Planned event.
func (s *Story) build(e event.Event) *Build {
	number := e.Build
	if number == 0 {
		if cur := s.Current(); cur != nil {
			return cur
		}
	}
	if b := s.Build(number); b != nil {
		return b
	}
	b := &Build{Number: number, Start: e.Time}
	s.Builds = bounded(append(s.Builds, b), maxBuilds)
	if i := len(s.Builds) - 1 - maxDetailed; i >= 0 && !s.Builds[i].outputsDropped {
		s.Builds[i].outputsDropped = true
		old := s.Builds[i]
		old.Steps(func(step *Step) {
			// An output that no newer run replaced is still shown for later hits.
			if newer, _ := s.Printed(b, step); newer != nil && newer != old {
				step.Output = Output{}
			}
		})
	}
	return b
}

func (b *Build) step(at time.Time, e event.Step) {
	s := b.place(e.Stage, e.Index)
	if e.State == event.Running {
		if s.State != "" && s.State != event.Running {
			// BuildKit may start a completed vertex again; its first result counts.
			return
		}
		if s.Started.IsZero() {
			s.Started = at
		}
	}
	s.State, s.MS, s.Saved = e.State, e.MS, e.SavedMS
	s.RanAt, s.RanBuild = e.RanAt, e.RanBuild
	if e.LastMS > 0 {
		s.Last = e.LastMS
	}
	if e.MergedWith != nil {
		s.Merged = merged(e.MergedWith)
	}
	if e.Total > 0 {
		s.Total = e.Total
	}
	if e.Instruction != "" {
		s.Instruction = clean.Line(e.Instruction)
	}
	if e.Line > 0 {
		s.Line = e.Line
	}
	if e.Because != "" || e.State == event.Hit {
		// The reason of a prediction is not the reason of a hit.
		s.Because, s.Reason = clean.Line(e.Because), e.Reason.Map(clean.Line)
	}
}

func (b *Build) output(o event.Output) {
	out := &b.place(o.Stage, o.Index).Output
	out.At = o.RanAt
	out.add(o.Stream == "stderr", o.Text)
	if b.Failure != nil {
		b.errorLine = b.findErrorLine()
	}
}
