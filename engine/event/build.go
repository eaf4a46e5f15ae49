package event

import (
	"fmt"
	"time"
)

// Planned reports what the plan expects of the build that starts now.
type Planned struct {
	// Paths are the changed paths that caused the build, none for the first build and for one on request.
	Paths  []string       `json:"paths" redact:"never"`
	Target string         `json:"target"`
	Stages []PlannedStage `json:"stages"`
	Steps  []PlannedStep  `json:"steps"`
	// Changes are Paths with how each changed. A rename is one change.
	Changes []Change `json:"changes,omitempty" redact:"never"`
	// Edits are the edits of the Dockerfile since the build that this one is compared with.
	Edits []Edit `json:"edits,omitempty"`
	// Because is the cause in words: "first build", "app.py changed", "on request".
	Because string `json:"because,omitempty" redact:"never"`
	// Reason is the same cause as a value.
	Reason Reason `json:"reason,omitzero" redact:"never"`
	// Chain leads from the cause through the steps: "app.py changed → Dockerfile:9 COPY . . → 2 steps".
	Chain string `json:"chain,omitempty" redact:"never"`
}

// PlannedStage is one stage of the Dockerfile, in the file's order.
type PlannedStage struct {
	// Name is the name after AS, or "stage-N" for a stage without one, as in BuildKit.
	Name string `json:"name"`
	// Base is the image or the stage after FROM, with arguments filled in.
	Base string `json:"base,omitempty"`
	Line int    `json:"line,omitempty"`
	// Needed reports whether the target depends on the stage.
	Needed bool `json:"needed"`
	// Replaced is set where a named context, Base, replaces the stage.
	Replaced bool `json:"replaced,omitempty"`
	// From are the stages that this one is based on, copies from or mounts.
	From []string `json:"from,omitempty"`
}

// PlannedStep is one step of a needed stage.
type PlannedStep struct {
	Stage string `json:"stage"`
	// Index is the step's number within its stage, from 1; Total is how many steps the stage has.
	Index int `json:"index"`
	Total int `json:"total,omitempty"`
	// Instruction is the instruction as written, or with its arguments filled in where the user asked for that.
	Instruction string `json:"instruction"`
	// Line is the first line of the instruction in the Dockerfile, from 1; 0 for none.
	Line       int        `json:"line"`
	Prediction Prediction `json:"prediction"`
	// Because is Reason in words. Both are empty for a hit.
	Because string `json:"because,omitempty" redact:"never"`
	Reason  Reason `json:"reason,omitzero" redact:"never"`
	// Inputs are what the step builds on and reads.
	Inputs []Input `json:"inputs,omitempty"`
	// LastMS is the duration of the step's last run in milliseconds, 0 where it is not known.
	LastMS int64 `json:"last_ms,omitempty"`
	// MergedWith is the identical step that BuildKit builds instead of this one.
	MergedWith *StepID `json:"merged_with,omitempty"`
	// WithService is the service of which the same step of the same Dockerfile is built, and this one with it.
	WithService string `json:"with_service,omitempty"`
}

// Input is what a step builds on or reads: the result of another step, or a build context.
type Input struct {
	// Step is the other step, the zero value for a build context.
	Step StepID `json:"step,omitzero"`
	// Context is the build context's name, "context" for the main one.
	Context string `json:"context,omitempty"`
	// Paths are the paths that are read, none for all.
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
	// SavedMS is the time that a hit saved: the duration of the step's last run in milliseconds, 0 where it is not known.
	SavedMS int64 `json:"saved_ms,omitempty"`
	// Because is Reason in words: why the step ran, or why it belongs to this build.
	Because string `json:"because,omitempty" redact:"never"`
	Reason  Reason `json:"reason,omitzero" redact:"never"`
	// LastMS is, for a step that runs, the duration of its previous run in milliseconds; 0 where it is not known.
	LastMS int64 `json:"last_ms,omitempty"`
	// RanAt is when the step of a hit last ran. RanBuild is the build of that run, 0 where it was in an earlier session.
	RanAt    time.Time `json:"ran_at,omitzero"`
	RanBuild int       `json:"ran_build,omitempty"`
	// FromBuild is the superseded build that started the step, where this build goes on with it; 0 elsewhere.
	FromBuild int `json:"from_build,omitempty"`
	// MergedWith is the identical step that BuildKit built, and that is counted, instead of this one.
	MergedWith *StepID `json:"merged_with,omitempty"`
}

// Output is a piece of what a step prints. It is one line where the step ended the line.
type Output struct {
	Stage string `json:"stage"`
	Index int    `json:"index"`
	// Stream is "stdout" or "stderr".
	Stream string `json:"stream"`
	Text   string `json:"text"`
	// RanAt is set where the step is a hit that last ran in an earlier session: Text is what it printed then.
	RanAt time.Time `json:"ran_at,omitzero"`
}

// Built reports a build that succeeded.
type Built struct {
	Target string `json:"target"`
	// Image is the image's id on the engine.
	Image string `json:"image"`
	// Tag is the image's name, empty for none.
	Tag string `json:"tag,omitempty"`
	// MoreTags are its other names.
	MoreTags []string `json:"more_tags,omitempty"`
	// MS is the duration of the solve and its export, in milliseconds.
	MS   int64 `json:"ms"`
	Hits int   `json:"hits"`
	Ran  int   `json:"ran"`
	// SavedMS is the sum of the hits' SavedMS.
	SavedMS int64 `json:"saved_ms,omitempty"`
	// SessionSavedMS is that sum over all builds of the session.
	SessionSavedMS int64 `json:"session_saved_ms,omitempty"`
	// Score covers the predictions of the session so far.
	Score Score `json:"score,omitzero"`
	// Exported are the engine's own words on the image, by BuildKit's keys as "containerimage.digest", where they were asked
	// for.
	Exported map[string]string `json:"exported,omitempty" redact:"never"`
	// BroughtBytes are the bytes of the image that came from a builder elsewhere: the layers that the engine did not have.
	BroughtBytes int64 `json:"brought_bytes,omitempty"`
	// Shortcuts are the copies that did not wait for the last state of the stage that they copy from.
	Shortcuts []Shortcut `json:"shortcuts,omitempty"`
}

// Shortcut is how a COPY --from got its files sooner: the same files, to the byte.
type Shortcut struct {
	Step StepID `json:"step"`
	// LeftOut are the steps of the other stage that wrote elsewhere: the copy was taken from the state before them.
	LeftOut []StepID `json:"left_out,omitempty"`
	// Aside are those that were done on nothing but the folder that is copied.
	Aside []StepID `json:"aside,omitempty"`
}

// Score compares the predictions of a session with what happened.
type Score struct {
	// Promised counts the steps predicted as hits, Held those of them that did not run.
	Promised int `json:"promised"`
	Held     int `json:"held"`
	// Excused counts those that ran for a cause outside of the edit that was found: the base image changed, or the
	// cache was pruned.
	Excused int `json:"excused,omitempty"`
	// Maybes counts the steps predicted as "maybe", MaybeHits those of them that did not run.
	Maybes    int `json:"maybes"`
	MaybeHits int `json:"maybe_hits"`
}

// String returns the score in words: "142 of 142 predicted hits were hits; so were 9 of 11 that could run".
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
	// Line is the Dockerfile's line, from 1; 0 for none.
	Line        int    `json:"line"`
	Instruction string `json:"instruction"`
	Message     string `json:"message"`
	// ExitCode is the exit code of the step's command, 0 where no command failed.
	ExitCode int    `json:"exit_code,omitempty"`
	Hint     string `json:"hint,omitempty"`
	// Excerpt is the Dockerfile around Line.
	Excerpt []ExcerptLine `json:"excerpt,omitempty"`
}

// ExcerptLine is one line of the Dockerfile. Blamed marks the lines of the failing instruction.
type ExcerptLine struct {
	Line   int    `json:"line"`
	Text   string `json:"text"`
	Blamed bool   `json:"blamed,omitempty"`
}

// Abandoned reports a build that ended without a result: a newer save superseded it, or it was stopped. Its changes
// stay pending.
type Abandoned struct {
	Reason string `json:"reason"`
	MS     int64  `json:"ms"`
}

// StepID names a step of a build, as a [Step] does.
type StepID struct {
	Stage string `json:"stage"`
	Index int    `json:"index"`
}

// String returns the step's name for people: "build 4".
func (id StepID) String() string { return fmt.Sprintf("%s %d", id.Stage, id.Index) }
