package event

import (
	"path"
	"slices"
	"time"
)

// Reason is why a build is made, or why a step is expected to run. Programs read its fields; people read its String, which
// is what the `because` beside it holds. Which fields are set goes by the kind.
type Reason struct {
	Kind ReasonKind `json:"kind"`
	// Path is the first changed path, relative to its build context, or the file whose edits are the reason.
	Path string `json:"path,omitempty"`
	// Context names the build context of Path, empty for the main one.
	Context string `json:"context,omitempty"`
	// Change is the way in which Path changed, one of the kinds of a [Change]; From is what a renamed one was called.
	Change string `json:"change,omitempty"`
	From   string `json:"from,omitempty"`
	// Count is the number of paths, or of edits, of which the first is named.
	Count int `json:"count,omitempty"`
	// Line is the Dockerfile's line of an edit, Was and Now the instruction before and after it. For [ReasonBase], Was is
	// the base before.
	Line int    `json:"line,omitempty"`
	Was  string `json:"was,omitempty"`
	Now  string `json:"now,omitempty"`
	// Names are build arguments, other options, variables or images. Values of arguments are left out: they may be secrets.
	Names []string `json:"names,omitempty"`
	// Step is the step that this one follows, or is identical with; Total is the number of steps in its stage.
	Step  *StepID `json:"step,omitempty"`
	Total int     `json:"total,omitempty"`
	// Build is the build that started the step, or goes on with it.
	Build int `json:"build,omitempty"`
	// Since is the time of an earlier session's build where that is what the plan compares with.
	Since time.Time `json:"since,omitzero"`
	// Also is the second reason, where both the Dockerfile and files of the context changed.
	Also *Reason `json:"also,omitempty"`
}

// ReasonKind says what a [Reason] is about. New kinds may be added.
type ReasonKind string

// The reasons for a build.
const (
	ReasonFirstBuild ReasonKind = "first-build"
	// ReasonRequest: a person asked for it.
	ReasonRequest ReasonKind = "request"
	// ReasonNothing: nothing changed.
	ReasonNothing ReasonKind = "nothing"
	// ReasonEdit: instructions of the Dockerfile were edited. Of a step: an earlier instruction that counts for it.
	ReasonEdit ReasonKind = "edit"
	// ReasonDockerfile: the Dockerfile was written to. Of a build: and no instruction changed.
	ReasonDockerfile ReasonKind = "dockerfile"
	// ReasonRules: an ignore file, Path, lets in or keeps out other paths than before; Count of them.
	ReasonRules ReasonKind = "rules"
	// ReasonImage: base images, Names, are other images now.
	ReasonImage ReasonKind = "image"
	// ReasonEngineBack: the engine answers again.
	ReasonEngineBack ReasonKind = "engine-back"
	// ReasonReadable: what could not be read can be read now.
	ReasonReadable ReasonKind = "readable"
	// ReasonNoCache: the build does not use the cache.
	ReasonNoCache ReasonKind = "no-cache"
)

// The reasons for a step. [ReasonPath], [ReasonArgument] and [ReasonOption] are those of builds too.
const (
	// ReasonPath: paths that it reads changed.
	ReasonPath ReasonKind = "path"
	// ReasonTouched: it reruns when any file of its context was written to.
	ReasonTouched ReasonKind = "touched"
	// ReasonInstruction: its own instruction was edited. Was is the instruction before.
	ReasonInstruction ReasonKind = "instruction"
	// ReasonNew: its instruction is new.
	ReasonNew ReasonKind = "new"
	// ReasonBase: the stage's FROM names another base.
	ReasonBase ReasonKind = "base"
	// ReasonBaseImage: the base image is another one, or sets other Names.
	ReasonBaseImage ReasonKind = "base-image"
	// ReasonArgument: the build arguments Names have other values.
	ReasonArgument ReasonKind = "argument"
	// ReasonOption: other options, Names, were given otherwise.
	ReasonOption ReasonKind = "option"
	// ReasonFrontend: the Dockerfile's own frontend makes another step of the same text. Was is the step before.
	ReasonFrontend ReasonKind = "frontend"
	// ReasonRemade: the step is another one, and nothing else explains it.
	ReasonRemade ReasonKind = "remade"
	// ReasonStepNoCache: it was told not to use the cache.
	ReasonStepNoCache ReasonKind = "step-no-cache"
	// ReasonAfter: it stands on the result of Step, on the image in Names, or on an inner step.
	ReasonAfter ReasonKind = "after"
	// ReasonReads: it reads from there by content.
	ReasonReads ReasonKind = "reads"
	// ReasonFetched: it stands on, or reads, what is fetched from elsewhere.
	ReasonFetched ReasonKind = "fetched"
	// ReasonNotNeeded: the last build did not need it; an earlier one may have.
	ReasonNotNeeded ReasonKind = "not-needed-before"
	// ReasonEngine: what becomes of it depends on the engine, and none answers.
	ReasonEngine ReasonKind = "engine"
	// ReasonUnasked: no engine answers that could ask the Dockerfile's frontend, the one of Names.
	ReasonUnasked ReasonKind = "frontend-unasked"
	// ReasonMerged: the identical Step is built instead.
	ReasonMerged ReasonKind = "merged"
	// ReasonStarted: Build, which this one superseded, started it.
	ReasonStarted ReasonKind = "started"
	// ReasonHandedOn: Build, which superseded this one, goes on with it.
	ReasonHandedOn ReasonKind = "handed-on"
)

// Equal reports whether both are the same reason.
func (r Reason) Equal(other Reason) bool {
	if !slices.Equal(r.Names, other.Names) || !equal(r.Step, other.Step, func(a, b StepID) bool { return a == b }) || !equal(r.Also, other.Also, Reason.Equal) || !r.Since.Equal(other.Since) {
		return false
	}
	flat := func(r Reason) [10]any {
		return [10]any{r.Kind, r.Path, r.Context, r.Change, r.From, r.Count, r.Line, r.Was, r.Now, [2]int{r.Total, r.Build}}
	}
	return flat(r) == flat(other)
}

func equal[T any](a, b *T, same func(T, T) bool) bool {
	if a == nil || b == nil {
		return a == b
	}
	return same(*a, *b)
}

// Map returns the reason with every text of it run through f.
func (r Reason) Map(f func(string) string) Reason {
	r.Kind, r.Path, r.Context, r.Change, r.From = ReasonKind(f(string(r.Kind))), f(r.Path), f(r.Context), f(r.Change), f(r.From)
	r.Was, r.Now = f(r.Was), f(r.Now)
	r.Names = slices.Clone(r.Names)
	for i := range r.Names {
		r.Names[i] = f(r.Names[i])
	}
	if r.Step != nil {
		r.Step = &StepID{Stage: f(r.Step.Stage), Index: r.Step.Index}
	}
	if r.Also != nil {
		also := r.Also.Map(f)
		r.Also = &also
	}
	return r
}

// Brief words the reason without the folders of its paths.
func (r Reason) Brief() string {
	if r.Kind == ReasonPath && r.From == "" {
		r.Path = path.Base(r.Path)
	}
	return r.String()
}
