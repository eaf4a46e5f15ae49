package event

import (
	"fmt"
	"time"
)

// Planned is what the plan expects of the build that starts now.
type Planned struct {
	// Paths are the changed paths that caused the build; empty for a first or a forced one.
	Paths  []string       `json:"paths" told:"as-is"`
	Target string         `json:"target"`
	Stages []PlannedStage `json:"stages"`
	Steps  []PlannedStep  `json:"steps"`
	// Changes are Paths in the way in which each changed; one that was renamed is one change.
	Changes []Change `json:"changes,omitempty" told:"as-is"`
	// Edits are what was changed in the Dockerfile since the build that this one is compared with.
	Edits []Edit `json:"edits,omitempty"`
	// Because is the cause in words: "first build", "app.py changed", "on request".
	Because string `json:"because,omitempty" told:"as-is"`
	// Reason is the cause for programs.
	Reason Reason `json:"reason,omitzero" told:"as-is"`
	// Chain runs from the cause through the steps: "app.py changed → Dockerfile:9 COPY . . → 2 steps".
	Chain string `json:"chain,omitempty" told:"as-is"`
}

// PlannedStage is one stage of the Dockerfile, in the file's order.
type PlannedStage struct {
	// Name is the name after AS, or "stage-N" as BuildKit names a stage without one.
	Name string `json:"name"`
	// Base is the image or the stage after FROM, with arguments filled in.
	Base string `json:"base,omitempty"`
	Line int    `json:"line,omitempty"`
	// Needed tells whether the target depends on the stage.
	Needed bool `json:"needed"`
	// Replaced tells that a named context, Base, stands in for the stage.
	Replaced bool `json:"replaced,omitempty"`
	// From names the stages that this one is based on, copies from or mounts.
	From []string `json:"from,omitempty"`
}

// PlannedStep is one step of a needed stage.
type PlannedStep struct {
	Stage string `json:"stage"`
	// Index counts the stage's steps from 1, Total is their number.
	Index int `json:"index"`
	Total int `json:"total,omitempty"`
	// Instruction is as it is written, or with its arguments filled in where the person asked for that.
	Instruction string `json:"instruction"`
	// Line is the first line of the instruction in the Dockerfile, from 1; 0 where it has none.
	Line       int        `json:"line"`
	Prediction Prediction `json:"prediction"`
	// Because is the reason in words; both are empty for a hit.
	Because string `json:"because,omitempty" told:"as-is"`
	Reason  Reason `json:"reason,omitzero" told:"as-is"`
	// Inputs are what the step stands on and reads.
	Inputs []Input `json:"inputs,omitempty"`
	// LastMS is how long the step took when it last ran, in milliseconds; 0 where that is not known.
	LastMS int64 `json:"last_ms,omitempty"`
	// MergedWith is the identical step that BuildKit builds instead of this one.
	MergedWith *StepID `json:"merged_with,omitempty"`
}

// Input is the result of another step, or a build context, that a step stands on or reads.
type Input struct {
	// Step is the other step, the zero value for a build context.
	Step StepID `json:"step,omitzero"`
	// Context names the build context, "context" for the one that has no other name.
	Context string `json:"context,omitempty"`
	// Paths are what is read of it; none stand for all of it.
	Paths []string `json:"paths,omitempty"`
}

// Step reports a step's state.
type Step struct {
	Stage       string `json:"stage"`
	Index       int    `json:"index"`
	Total       int    `json:"total"`
	Instruction string `json:"instruction"`
	Line        int    `json:"line"`
	State       State  `json:"state"`
	// MS is how long the step ran, in milliseconds; 0 for a hit.
	MS int64 `json:"ms"`
	// SavedMS is what a hit saved: the milliseconds of the step's last real run, 0 where none is known.
	SavedMS int64 `json:"saved_ms,omitempty"`
	// Because is why it ran or is this build's, in words; Reason is that for programs.
	Because string `json:"because,omitempty" told:"as-is"`
	Reason  Reason `json:"reason,omitzero" told:"as-is"`
	// LastMS is what a step that runs took the time before, in milliseconds; 0 where that is not known.
	LastMS int64 `json:"last_ms,omitempty"`
	// RanAt is when a hit's step last ran, RanBuild the build of this session that it ran in; 0 for an earlier session.
	RanAt    time.Time `json:"ran_at,omitzero"`
	RanBuild int       `json:"ran_build,omitempty"`
	// FromBuild is the build that started the step, where this one goes on with it; 0 elsewhere.
	FromBuild int `json:"from_build,omitempty"`
	// MergedWith is the identical step that BuildKit built instead of this one; it counts there.
	MergedWith *StepID `json:"merged_with,omitempty"`
}

// Output is a piece of a step's own output, a line at a time where it ends in one.
type Output struct {
	Stage string `json:"stage"`
	Index int    `json:"index"`
	// Stream is "stdout" or "stderr".
	Stream string `json:"stream"`
	Text   string `json:"text"`
	// RanAt is set on what a hit's step printed when it last ran, in an earlier session.
	RanAt time.Time `json:"ran_at,omitzero"`
}

// Built reports a build that succeeded.
type Built struct {
	Target string `json:"target"`
	// Image is the image's id on the engine.
	Image string `json:"image"`
	// Tag is the name that the image was given, empty where it has none.
	Tag string `json:"tag,omitempty"`
	// MoreTags are its other names.
	MoreTags []string `json:"more_tags,omitempty"`
	// MS is the time of the solve and its export, in milliseconds.
	MS   int64 `json:"ms"`
	Hits int   `json:"hits"`
	Ran  int   `json:"ran"`
	// SavedMS sums what the hits saved, in milliseconds.
	SavedMS int64 `json:"saved_ms,omitempty"`
	// SessionSavedMS is that sum over all builds of the session.
	SessionSavedMS int64 `json:"session_saved_ms,omitempty"`
	// Score is how well the session's predictions held so far.
	Score Score `json:"score,omitzero"`
}

// Score counts predictions of a session against what came of them.
type Score struct {
	// Promised counts the steps predicted as hits, Held those of them that did not run.
	Promised int `json:"promised"`
	Held     int `json:"held"`
	// Excused counts those that ran for a cause outside of the edit, which was named: a base that moved, a cache
	// that was pruned.
	Excused int `json:"excused,omitempty"`
	// Maybes counts the steps that were called "maybe", MaybeHits those of them that did not run.
	Maybes    int `json:"maybes"`
	MaybeHits int `json:"maybe_hits"`
}

// String words the score: "142 of 142 predicted hits were hits; so were 9 of 11 that could run".
func (s Score) String() string {
	text := fmt.Sprintf("%d of %d predicted hits were hits", s.Held, s.Promised)
	if s.Excused > 0 {
		text += fmt.Sprintf(" (%d more ran for a cause outside of the edit)", s.Excused)
	}
	if s.Maybes > 0 {
		text += fmt.Sprintf("; so were %d of %d that could run", s.MaybeHits, s.Maybes)
	}
	return text
}

// Failed reports a build that failed. Stage and Index are empty where no step is to blame.
type Failed struct {
	Stage string `json:"stage"`
	Index int    `json:"index"`
	// Line is the Dockerfile's line, from 1; 0 where the failure belongs to none.
	Line        int    `json:"line"`
	Instruction string `json:"instruction"`
	Message     string `json:"message"`
	// ExitCode is that of the step's command, where one ran and failed.
	ExitCode int    `json:"exit_code,omitempty"`
	Hint     string `json:"hint,omitempty"`
	// Excerpt is the Dockerfile around Line.
	Excerpt []ExcerptLine `json:"excerpt,omitempty"`
}

// ExcerptLine is one line of the Dockerfile; Blamed marks those that the failing instruction spans.
type ExcerptLine struct {
	Line   int    `json:"line"`
	Text   string `json:"text"`
	Blamed bool   `json:"blamed,omitempty"`
}

// Abandoned reports a build that ended without a result of its own: a newer change superseded it, or
// it was stopped. What it was to build stays pending.
type Abandoned struct {
	Reason string `json:"reason"`
	MS     int64  `json:"ms"`
}

// StepID names a step of a build, as a [Step] does.
type StepID struct {
	Stage string `json:"stage"`
	Index int    `json:"index"`
}

// String is the name as a person reads it: "build 4".
func (id StepID) String() string { return fmt.Sprintf("%s %d", id.Stage, id.Index) }
