// Package event is the vocabulary between the engine and its faces: the dashboard, the plain and JSON
// streams and the recorder know nothing of the engine but the values defined here.
//
// Every event is a plain value. An [Event] is the envelope (when, which build), its Body one of the
// types of this package. [Encode] and [Decode] turn an event into a line of the JSON stream and back;
// the field names are a contract with other programs: fields may be added, never renamed.
//
// The package imports only the standard library, and does no IO.
package event

import (
	"fmt"
	"time"
)

// Version is the `v` of every line of the JSON stream.
const Version = 1

// Event is one thing that happened.
type Event struct {
	// Time is when it happened.
	Time time.Time
	// Build numbers the build it belongs to, from 1; 0 where it belongs to none.
	Build int
	Body  Body
}

// Body is what happened: one of the body types of this package, always by value.
type Body interface {
	// Kind is the `type` of the event's line in the JSON stream.
	Kind() string
}

// State is what became of a step, as BuildKit reported it.
type State string

// The states of a step. Running is the only one that another state follows.
const (
	Running  State = "running"
	Hit      State = "hit"
	Ran      State = "ran"
	Fail     State = "failed"
	Skip     State = "skipped"
	Canceled State = "canceled"
)

// Prediction is what the plan expects of a step; it is never shown as what happened.
type Prediction string

// The predictions. A step predicted as a hit is promised not to rerun because of the change.
const (
	WillHit   Prediction = "hit"
	WillRerun Prediction = "rerun"
	MayRerun  Prediction = "maybe"
)

// The reasons for which changed paths lead to no build (Skipped.Reason).
const (
	// Ignored: an ignore rule keeps the paths out of the build context.
	Ignored = "ignored"
	// Unchanged: content and mode are what they were.
	Unchanged = "unchanged"
	// Unused: no step that the target needs reads the paths.
	Unused = "unused"
)

// The kinds of a Change.
const (
	ContentChanged = "content"
	ModeChanged    = "mode"
	Added          = "added"
	Deleted        = "deleted"
	// Renamed is told to people only: to a build it is one path deleted and one added.
	Renamed = "renamed"
)

// Change is one changed path of the build context and in which way it changed.
type Change struct {
	// Path is slash-separated and relative to the context.
	Path string `json:"path"`
	// Kind is one of content, mode, added, deleted, renamed.
	Kind string `json:"kind"`
	// From is the path that a renamed one had before.
	From string `json:"from,omitempty"`
}

// Edit is one instruction of the Dockerfile that is not what it was.
type Edit struct {
	// Stage is the one that it stands in, empty before the first FROM.
	Stage string `json:"stage,omitempty"`
	// Line is where it stands, from 1; for one that is gone where it stood.
	Line int `json:"line"`
	// Was and Now are the instruction before and after; one of them is empty where it is new or gone.
	Was string `json:"was,omitempty"`
	Now string `json:"now,omitempty"`
}

// Engine tells which engine answers. It comes first, and again whenever the engine comes back.
type Engine struct {
	Name    string `json:"name"`
	Version string `json:"version"`
	API     string `json:"api"`
	// Builder names what solves the builds, e.g. "buildkit (engine)".
	Builder string `json:"builder"`
	// Store is the engine's image store, e.g. "overlay2".
	Store string `json:"store"`
	// Host is the address that the engine was reached at.
	Host string `json:"host,omitempty"`
}

// Changed reports a batch of changed paths that will lead to a build.
type Changed struct {
	Paths   []string `json:"paths"`
	Changes []Change `json:"changes,omitempty"`
}

// Skipped reports changed paths that lead to no build, and why.
type Skipped struct {
	Paths  []string `json:"paths"`
	Reason string   `json:"reason"`
	// Rule is the ignore rule that matched, where Reason is "ignored".
	Rule string `json:"rule,omitempty"`
}

// Planned is what the plan expects of the build that starts now.
type Planned struct {
	// Paths are the changed paths that caused the build; empty for a first or a forced one.
	Paths  []string       `json:"paths"`
	Target string         `json:"target"`
	Stages []PlannedStage `json:"stages"`
	Steps  []PlannedStep  `json:"steps"`
	// Changes are Paths in the way in which each changed; one that was renamed is one change.
	Changes []Change `json:"changes,omitempty"`
	// Edits are what was changed in the Dockerfile since the build that this one is compared with.
	Edits []Edit `json:"edits,omitempty"`
	// Because is the cause in words: "first build", "app.py changed", "asked for".
	Because string `json:"because,omitempty"`
	// Chain runs from the cause through the steps: "app.py changed → Dockerfile:9 COPY . . → 2 steps".
	Chain string `json:"chain,omitempty"`
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
	// From names the stages that this one is based on, copies from or mounts.
	From []string `json:"from,omitempty"`
}

// PlannedStep is one step of a needed stage.
type PlannedStep struct {
	Stage string `json:"stage"`
	// Index counts from 1 as in BuildKit's "[build 4/6]".
	Index       int    `json:"index"`
	Total       int    `json:"total,omitempty"`
	Instruction string `json:"instruction"`
	// Line is the first line of the instruction in the Dockerfile, from 1; 0 where it has none.
	Line       int        `json:"line"`
	Prediction Prediction `json:"prediction"`
	Because    string     `json:"because,omitempty"`
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
	SavedMS int64  `json:"saved_ms,omitempty"`
	Because string `json:"because,omitempty"`
	// LastMS is what a step that runs took the time before, in milliseconds; 0 where that is not known.
	LastMS int64 `json:"last_ms,omitempty"`
	// RanAt is when a hit's step last ran, RanBuild the build of this session that it ran in; 0 for an earlier session.
	RanAt    time.Time `json:"ran_at,omitzero"`
	RanBuild int       `json:"ran_build,omitempty"`
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

// String words the score: "142 of 142 promised hits held; 9 of 11 maybes hit".
func (s Score) String() string {
	text := fmt.Sprintf("%d of %d promised hits held", s.Held, s.Promised)
	if s.Excused > 0 {
		text += fmt.Sprintf(" (%d broke from outside of the edit)", s.Excused)
	}
	if s.Maybes > 0 {
		text += fmt.Sprintf("; %d of %d maybes hit", s.MaybeHits, s.Maybes)
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
	Hint        string `json:"hint,omitempty"`
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

// Sized reports sizes before and after the final stage: uncompressed bytes summed from the layers.
type Sized struct {
	Before StageSize `json:"before"`
	After  StageSize `json:"after"`
	// Ratio is After.Bytes / Before.Bytes; 0 where there is no stage before.
	Ratio float64 `json:"ratio"`
	// Delta is After.Bytes less that of the previous build, in bytes; 0 at the first.
	Delta int64 `json:"delta"`
	// BeforeDelta is the same for Before.
	BeforeDelta int64 `json:"before_delta,omitempty"`
	// Basis says what was counted, e.g. "uncompressed layers".
	Basis string `json:"basis"`
}

// StageSize is the size of one stage.
type StageSize struct {
	Stage string `json:"stage"`
	Bytes int64  `json:"bytes"`
	// Layers run from the base upwards.
	Layers []Layer `json:"layers"`
	// StandIn says which stand-in the base image is, empty for a real one.
	StandIn string `json:"stand_in,omitempty"`
}

// Layer is one layer of an image.
type Layer struct {
	Bytes int64 `json:"bytes"`
	// CreatedBy is the instruction that made it, as the image's history has it.
	CreatedBy string `json:"created_by"`
	// Base marks the layers that came with the base image.
	Base bool `json:"base,omitempty"`
	// Step is the step that made it; the zero value where none of this build did.
	Step StepID `json:"step,omitzero"`
}

// Ledger accounts for every byte between the stage before and the final stage. The bytes of BaseAfter, Carried and
// Own add up to the final stage's; those of Left and Taken to the stage before's.
type Ledger struct {
	// Carried are what the COPY --from of the final stage brought, one group each.
	Carried []LedgerGroup `json:"carried"`
	// Left is what the stage before has and the final stage did not take.
	Left []LedgerGroup `json:"left"`
	// BaseBefore and BaseAfter are the base images, by name.
	BaseBefore LedgerGroup `json:"base_before"`
	BaseAfter  LedgerGroup `json:"base_after"`
	// Own is what the final stage's other steps added, one group each.
	Own []LedgerGroup `json:"own,omitempty"`
	// Taken are the bytes of the stage before that were copied.
	Taken int64 `json:"taken"`
	// SavedByBase and SavedByCopy are what the smaller base saves and what copying out of a stage does, in bytes;
	// negative where it costs. They add up to the difference between both stages.
	SavedByBase int64 `json:"saved_by_base"`
	SavedByCopy int64 `json:"saved_by_copy"`
	// Wasted is what layers hold and nobody sees, of both stages, and clean-ups that freed nothing.
	Wasted []Waste `json:"wasted,omitempty"`
	// Warnings are the messages of what the account of the files warns of, told now or after an earlier build.
	Warnings []string `json:"warnings,omitempty"`
}

// LedgerGroup is bytes that belong together as a person thinks of them, with its largest paths.
type LedgerGroup struct {
	Name  string       `json:"name"`
	Bytes int64        `json:"bytes"`
	Paths []LedgerPath `json:"paths,omitempty"`
	// From, Instruction and Line are those of the COPY --from that carried the group.
	From        string `json:"from,omitempty"`
	Instruction string `json:"instruction,omitempty"`
	Line        int    `json:"line,omitempty"`
}

// The reasons of a Waste.
const (
	OverwrittenLater = "overwritten"
	DeletedLater     = "deleted"
	// Rewritten: the step wrote files again without changing them, as a needless chown does.
	Rewritten = "rewritten"
	// InBase: the base image's own layers lost it.
	InBase = "base"
	// FreedNothing: the step cleans up, and there was nothing to clean up. Bytes is what it added instead.
	FreedNothing = "freed-nothing"
)

// Waste is bytes that a step added to the image without use.
type Waste struct {
	Stage string `json:"stage"`
	// Instruction and Line are the step that added the bytes.
	Instruction string `json:"instruction"`
	Line        int    `json:"line,omitempty"`
	// LostTo and LostLine are the step that overwrote or deleted them.
	LostTo   string       `json:"lost_to,omitempty"`
	LostLine int          `json:"lost_line,omitempty"`
	Reason   string       `json:"reason"`
	Bytes    int64        `json:"bytes"`
	Paths    []LedgerPath `json:"paths,omitempty"`
}

// LedgerPath is a file or folder and its bytes.
type LedgerPath struct {
	Path  string `json:"path"`
	Bytes int64  `json:"bytes"`
}

// Warning is something that the person should know and that stops nothing.
type Warning struct {
	// Code names the warning for programs, e.g. "libc-mismatch", "port-taken", "watch-limit".
	Code    string   `json:"code"`
	Message string   `json:"message"`
	Paths   []string `json:"paths,omitempty"`
	Hint    string   `json:"hint,omitempty"`
}

// Serving reports that a container answers, and that requests go to it from now on.
type Serving struct {
	URL       string `json:"url"`
	Container string `json:"container"`
	Image     string `json:"image"`
	// MS is the time from the save that caused it to the first answer, in milliseconds.
	MS int64 `json:"ms"`
	// EditsBehind counts the saves that the served build does not contain.
	EditsBehind int `json:"edits_behind"`
}

// Stale reports that what is served is not the newest source.
type Stale struct {
	// ServingBuild is the build that serves, 0 where none does.
	ServingBuild int    `json:"serving_build"`
	EditsBehind  int    `json:"edits_behind"`
	Reason       string `json:"reason"`
}

// Log is one line of a container's output, without its line end.
type Log struct {
	Container string `json:"container"`
	// Stream is "stdout" or "stderr".
	Stream string `json:"stream"`
	Text   string `json:"text"`
}

// Stopped reports that a container ended.
type Stopped struct {
	Container string `json:"container"`
	ExitCode  int    `json:"exit_code"`
	// Reason is "replaced", "asked", "exited", "crash-loop", "unready" or "quit".
	Reason string `json:"reason"`
}

// Watching reports that watching went on or off, or how it is done.
type Watching struct {
	On bool `json:"on"`
	// Mode is "notify" or "poll".
	Mode string `json:"mode"`
	// Files counts the files watched.
	Files int `json:"files,omitempty"`
}

// Kind and its siblings name the events as the JSON stream does.

func (Engine) Kind() string    { return "engine" }
func (Changed) Kind() string   { return "changed" }
func (Skipped) Kind() string   { return "skipped" }
func (Planned) Kind() string   { return "planned" }
func (Step) Kind() string      { return "step" }
func (Output) Kind() string    { return "output" }
func (Built) Kind() string     { return "built" }
func (Failed) Kind() string    { return "failed" }
func (Abandoned) Kind() string { return "abandoned" }
func (Sized) Kind() string     { return "sized" }
func (Ledger) Kind() string    { return "ledger" }
func (Files) Kind() string     { return "files" }
func (Warning) Kind() string   { return "warning" }
func (Serving) Kind() string   { return "serving" }
func (Stale) Kind() string     { return "stale" }
func (Log) Kind() string       { return "log" }
func (Stopped) Kind() string   { return "stopped" }
func (Watching) Kind() string  { return "watching" }
