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
	"reflect"
	"time"
)

// Version is the `v` of every line of the JSON stream.
const Version = 1

// AsIs tells of a field of an event that it is told as it is, and without a look at whether the value of a build argument
// stands in it: what the system and other programs know by that name, above all the paths of files that changed, and
// reasons, which are made of these and of the Dockerfile's text.
func AsIs(field reflect.StructField) bool { return field.Tag.Get("told") == "as-is" }

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
	Name    string `json:"name" told:"as-is"`
	Version string `json:"version" told:"as-is"`
	API     string `json:"api" told:"as-is"`
	// Builder names what solves the builds, e.g. "buildkit (engine)".
	Builder string `json:"builder" told:"as-is"`
	// Store is the engine's image store, e.g. "overlay2".
	Store string `json:"store" told:"as-is"`
	// Host is the address that the engine was reached at.
	Host string `json:"host,omitempty" told:"as-is"`
}

// Changed reports a batch of changed paths that will lead to a build.
type Changed struct {
	Paths   []string `json:"paths" told:"as-is"`
	Changes []Change `json:"changes,omitempty" told:"as-is"`
}

// Skipped reports changed paths that lead to no build, and why.
type Skipped struct {
	Paths  []string `json:"paths" told:"as-is"`
	Reason string   `json:"reason"`
	// Rule is the ignore rule that matched, where Reason is "ignored".
	Rule string `json:"rule,omitempty" told:"as-is"`
	// LeftOut tells that the rule is none of an ignore file, but built in or added by a flag. Such a rule is told of
	// once, at the start with what it leaves out of the context: that need not have changed.
	LeftOut bool `json:"left_out,omitempty"`
}

// Warning is something that the person should know and that stops nothing.
type Warning struct {
	// Code names the warning for programs, e.g. "libc-mismatch", "port-taken", "watch-limit".
	Code string `json:"code"`
	// Key names what is warned of within Code, whatever the words: a file, a package, a step. It is empty where the code
	// says all.
	Key     string   `json:"key,omitempty"`
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

// Waiting reports that a new container has been started and what is waited for before it serves; again whenever there
// is more to say of why that takes long.
type Waiting struct {
	Container string `json:"container"`
	// For is ":8080", a path after it where one is asked for, or "HEALTHCHECK".
	For string `json:"for"`
	// Listening are the addresses that something listens on in the container, as far as that is known.
	Listening []string `json:"listening,omitempty"`
	// Message is what keeps it, empty at first.
	Message string `json:"message,omitempty"`
	Hint    string `json:"hint,omitempty"`
}

// Draining reports that a container which no longer gets new requests has some to finish; its stop follows.
type Draining struct {
	Container string `json:"container"`
	Requests  int    `json:"requests"`
	// WithinMS is how long they may take from the hand-over on, in milliseconds.
	WithinMS int64 `json:"within_ms"`
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
	Container string     `json:"container"`
	ExitCode  int        `json:"exit_code"`
	Reason    StopReason `json:"reason"`
}

// StopReason is why a container ended.
type StopReason string

// The reasons for which a container ends.
const (
	// StopReplaced: the container of a newer build serves.
	StopReplaced StopReason = "replaced"
	// StopAsked: a person asked for it.
	StopAsked StopReason = "asked"
	// StopExited: it ended by itself.
	StopExited StopReason = "exited"
	// StopCrashLoop: it ended by itself again and again, and is not started any more.
	StopCrashLoop StopReason = "crash-loop"
	// StopUnready: it was new and never answered.
	StopUnready StopReason = "unready"
	// StopQuit: the session ended.
	StopQuit StopReason = "quit"
)

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
func (Waiting) Kind() string   { return "waiting" }
func (Draining) Kind() string  { return "draining" }
func (Stale) Kind() string     { return "stale" }
func (Log) Kind() string       { return "log" }
func (Stopped) Kind() string   { return "stopped" }
func (Watching) Kind() string  { return "watching" }
