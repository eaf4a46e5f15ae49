package story

import (
	"fmt"
	"time"

	"github.com/stagewatch/stagewatch/engine/event"
	"github.com/stagewatch/stagewatch/ui/clean"
)

// BuildState is what became of a build.
type BuildState int

// The states of a build.
const (
	Building BuildState = iota
	Built
	Failed
	Abandoned
)

// Build is one build, from its plan to what came of it.
type Build struct {
	Number int
	State  BuildState
	Target string
	// Because is the reason in words.
	Because string
	Reason  event.Reason
	Paths   []string
	Changes []event.Change
	// Edits are what was changed in the Dockerfile, Chain how the change runs through the stages.
	Edits  []event.Edit
	Chain  string
	Stages []*Stage
	// Start is when it was planned, End when it was over.
	Start, End time.Time
	MS         int64
	Hits, Ran  int
	Saved      int64
	Image, Tag string
	ServedMS   int64
	Served     bool
	Failure    *event.Failed
	Sizes      *event.Sized
	Ledger     *event.Ledger
	Files      *event.Files
	// GivenUp is why it was abandoned.
	GivenUp string
	// Mishap is how the build's container ended by itself, empty where it did not.
	Mishap           string
	said             string
	outputsForgotten bool
}

// Stage is a stage with its steps.
type Stage struct {
	Name, Base string
	Line       int
	Needed     bool
	// Replaced tells that Base, a named context, stands in for the stage.
	Replaced bool
	From     []string
	Steps    []*Step
}

// Step is a step: what was expected of it, and what happened.
type Step struct {
	Stage        string
	Index, Total int
	Instruction  string
	Line         int
	Prediction   event.Prediction
	// State is empty until BuildKit reported one.
	State   event.State
	MS      int64
	Saved   int64
	Because string
	Reason  event.Reason
	Inputs  []event.Input
	Started time.Time
	Output  Output
	// Last is what the run before took, in milliseconds.
	Last int64
	// RanAt and RanBuild tell which run a hit stands on; the build is 0 where it was in an earlier session.
	RanAt    time.Time
	RanBuild int
	// Merged names the identical step that was built instead.
	Merged *event.StepID
}

// CountsElsewhere reports whether the step did well as another stage's step, which counts itself.
func (s *Step) CountsElsewhere() bool {
	return s.Merged != nil && (s.State == event.Hit || s.State == event.Ran)
}

// Name is the step as BuildKit numbers it within its stage: "build 4/6".
func (s *Step) Name() string {
	if s.Total == 0 {
		return fmt.Sprintf("%s %d", s.Stage, s.Index)
	}
	return fmt.Sprintf("%s %d/%d", s.Stage, s.Index, s.Total)
}

// Why is why the step ran or is going to, as short as can be. It is empty where the build as a whole has the same reason, and
// that is said above the steps.
func (b *Build) Why(s *Step) string {
	switch {
	case s.Because == "", s.State == event.Skip, s.Reason.Kind != "" && s.Reason.Equal(b.Reason) && len(b.Paths) == 0:
		return ""
	case s.Reason.Kind == "":
		// An older version recorded it.
		return s.Because
	}
	return s.Reason.Brief()
}

// StepName is the name of a step that the build may not have.
func (b *Build) StepName(stage string, index int) string {
	if s := b.Step(stage, index); s != nil {
		return s.Name()
	}
	return (&Step{Stage: stage, Index: index}).Name()
}

// Over tells whether the build has ended.
func (b *Build) Over() bool { return b.State != Building }

// Steps calls f for every step, in the order of the Dockerfile.
func (b *Build) Steps(f func(*Step)) {
	for _, st := range b.Stages {
		for _, step := range st.Steps {
			f(step)
		}
	}
}

// Step finds a step, nil where the build has none of that name.
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

// Counts counts the steps by what happened to them so far.
func (b *Build) Counts() map[event.State]int {
	n := map[event.State]int{}
	b.Steps(func(s *Step) { n[s.State]++ })
	return n
}

// Current is the newest build, nil before the first.
func (s *Story) Current() *Build {
	if len(s.Builds) == 0 {
		return nil
	}
	return s.Builds[len(s.Builds)-1]
}

// Build finds a build by its number, nil where it is not kept.
func (s *Story) Build(number int) *Build {
	for i := len(s.Builds) - 1; i >= 0; i-- {
		if s.Builds[i].Number == number {
			return s.Builds[i]
		}
	}
	return nil
}

// build finds the build that an event belongs to, and makes one where its plan was not seen.
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
	if i := len(s.Builds) - 1 - maxDetailed; i >= 0 && !s.Builds[i].outputsForgotten {
		s.Builds[i].outputsForgotten = true
		old := s.Builds[i]
		old.Steps(func(step *Step) {
			// What no newer run replaced is the output of every hit since.
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
			// BuildKit may complete a vertex more than once; what it did stands.
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
		// What was expected to make a step run is no reason for a hit.
		s.Because, s.Reason = clean.Line(e.Because), e.Reason.Map(clean.Line)
	}
}

func (b *Build) output(o event.Output) {
	out := &b.place(o.Stage, o.Index).Output
	out.At = o.RanAt
	out.add(o.Stream == "stderr", o.Text)
	if b.Failure != nil {
		b.said = b.lastWords()
	}
}
