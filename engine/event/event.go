// Package event defines the values that pass between the engine and its faces. The dashboard, the plain and
// JSON streams and the recorder know nothing else of the engine.
//
// An [Event] is the envelope (when, which build); its Body is one of the types of this package. [Encode] and
// [Decode] turn an event into a line of the JSON stream and back. The field names are a contract with other
// programs: fields may be added, never renamed.
//
// The words of values are in words.go and reason_words.go: one wording for all faces.
//
// The package does no IO and imports nothing but the standard library and engine/human.
package event

import (
	"reflect"
	"time"
)

// Version is the `v` of every line of the JSON stream.
const Version = 1

// NeverRedacted reports whether a field of an event stays as it is even where the value of a build argument occurs in
// it. These are names that the system and other programs use, above all the paths of changed files, and reasons, which
// are made of such paths and of the Dockerfile's text.
func NeverRedacted(field reflect.StructField) bool { return field.Tag.Get("redact") == "never" }

// Event is one thing that happened.
type Event struct {
	// Time is when it happened.
	Time time.Time
	// Build is the number of the build that it belongs to, from 1; 0 for none.
	Build int
	// Service is the service of a compose project that it belongs to, empty for none.
	Service string
	Body    Body
}

// Body is what happened: one of the types of this package, never a pointer.
type Body interface {
	// Kind returns the `type` of the event's line in the JSON stream.
	Kind() string
}

// State is the state of a step, as BuildKit reported it.
type State string

// The states of a step. Only Running is followed by another one.
const (
	Running  State = "running"
	Hit      State = "hit"
	Ran      State = "ran"
	Fail     State = "failed"
	Skip     State = "skipped"
	Canceled State = "canceled"
)

// Prediction is what the plan expects of a step. Faces never show it as something that happened.
type Prediction string

// The predictions. WillHit is a promise: the step does not rerun because of the change.
const (
	WillHit   Prediction = "hit"
	WillRerun Prediction = "rerun"
	MayRerun  Prediction = "maybe"
)

// The values of Skipped.Reason: why changed paths lead to no build.
const (
	// Ignored: an ignore rule excludes the paths from the build context.
	Ignored = "ignored"
	// Unchanged: content and mode are the same as before.
	Unchanged = "unchanged"
	// Unused: no step that the target needs reads the paths.
	Unused = "unused"
	// Outside: the paths are in no build context.
	Outside = "outside"
	// NotBuilt: the service runs an image that is not built here.
	NotBuilt = "not-built"
	// Settings: how the service is run was changed.
	Settings = "settings"
)

// The kinds of a Change.
const (
	ContentChanged = "content"
	ModeChanged    = "mode"
	Added          = "added"
	Deleted        = "deleted"
	// Renamed is for people. A build sees one path deleted and another one added.
	Renamed = "renamed"
)

// Change is one changed path of a build context.
type Change struct {
	// Path is slash-separated and relative to the context.
	Path string `json:"path"`
	// Kind is one of content, mode, added, deleted, renamed.
	Kind string `json:"kind"`
	// From is the former path of a renamed file.
	From string `json:"from,omitempty"`
}

// Edit is one instruction of the Dockerfile that was changed, added or removed.
type Edit struct {
	// Stage is the stage of the instruction, empty before the first FROM.
	Stage string `json:"stage,omitempty"`
	// Line is the instruction's line, from 1; its former line where it was removed.
	Line int `json:"line"`
	// Was and Now are the instruction before and after. Was is empty for a new one, Now for a removed one.
	Was string `json:"was,omitempty"`
	Now string `json:"now,omitempty"`
}

// OwnBuilder is an engine's own BuildKit.
const OwnBuilder = "BuildKit"

// Engine reports which engine answers. It is the first event, and comes again whenever the engine comes back.
type Engine struct {
	Name    string `json:"name" redact:"never"`
	Version string `json:"version" redact:"never"`
	API     string `json:"api" redact:"never"`
	// Builder is what solves the builds: [OwnBuilder], or one elsewhere.
	Builder string `json:"builder" redact:"never"`
	// Store is the engine's image store, e.g. "overlay2".
	Store string `json:"store" redact:"never"`
	// Host is the engine's address.
	Host string `json:"host,omitempty" redact:"never"`
}

// Changed reports a batch of changed paths that will lead to a build.
type Changed struct {
	Paths   []string `json:"paths" redact:"never"`
	Changes []Change `json:"changes,omitempty" redact:"never"`
}

// Skipped reports changed paths that lead to no build, and why.
type Skipped struct {
	Paths  []string `json:"paths" redact:"never"`
	Reason string   `json:"reason"`
	// Rule is the ignore rule that matched, where Reason is Ignored.
	Rule string `json:"rule,omitempty" redact:"never"`
	// LeftOut is set where the rule comes from no ignore file: it is built in, or a flag added it. Such a rule is
	// reported once, at the start, with the paths that it leaves out of the context. They need not have changed.
	LeftOut bool `json:"left_out,omitempty"`
	// Message says what changed and what comes of it, where Reason is Settings.
	Message string `json:"message,omitempty"`
}

// Warning is something that the user should know and that stops nothing.
type Warning struct {
	// Code is the kind of the warning, e.g. "libc-mismatch", "port-taken", "watch-limit".
	Code string `json:"code"`
	// Key is the subject of the warning within Code, whatever the message: a file, a package, a step. It is empty where
	// the code is enough.
	Key     string   `json:"key,omitempty"`
	Message string   `json:"message"`
	Paths   []string `json:"paths,omitempty"`
	Hint    string   `json:"hint,omitempty"`
	// Over is the figure and its limit, with [CodeOverBudget].
	Over *Excess `json:"over,omitempty"`
}

// Watching reports that watching was turned on or off, or that its mode changed.
type Watching struct {
	On bool `json:"on"`
	// Mode is "notify" or "poll".
	Mode string `json:"mode"`
	// Files is the number of watched files.
	Files int `json:"files,omitempty"`
}

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
func (Compared) Kind() string  { return "compared" }
func (Warning) Kind() string   { return "warning" }
func (Serving) Kind() string   { return "serving" }
func (Waiting) Kind() string   { return "waiting" }
func (Draining) Kind() string  { return "draining" }
func (Stale) Kind() string     { return "stale" }
func (Log) Kind() string       { return "log" }
func (Stopped) Kind() string   { return "stopped" }
func (Watching) Kind() string  { return "watching" }
func (Companion) Kind() string { return "companion" }
func (Answer) Kind() string    { return "answer" }
func (Check) Kind() string     { return "check" }
