package event

import (
	"path"
	"slices"
	"time"
)

// Reason is why a build is made, or why a step is expected to run. Programs read its fields. People read its String, which
// an event also has as `because`. The kind decides which fields are set.
type Reason struct {
	Kind ReasonKind `json:"kind"`
	// Path is the first changed path, relative to its build context, or the file whose edits are the reason.
	Path string `json:"path,omitempty"`
	// Context is the name of Path's build context, empty for the main one.
	Context string `json:"context,omitempty"`
	// Change is how Path changed, one of the kinds of a [Change]. From is the former path of a renamed file.
	Change string `json:"change,omitempty"`
	From   string `json:"from,omitempty"`
	// Count is the number of changed paths, or of edits. The other fields describe the first of them.
	Count int `json:"count,omitempty"`
	// Line is the Dockerfile's line of an edit, Was and Now the instruction before and after it. For [ReasonBase], Was is
	// the former base.
	Line int    `json:"line,omitempty"`
	Was  string `json:"was,omitempty"`
	Now  string `json:"now,omitempty"`
	// Names are build arguments, other options, variables or images. They never hold values, which may be secrets.
	Names []string `json:"names,omitempty"`
	// Step is the step that this one follows, or is identical with. Total is how many steps its stage has.
	Step  *StepID `json:"step,omitempty"`
	Total int     `json:"total,omitempty"`
	// Build is the build that started the step, or that goes on with it.
	Build int `json:"build,omitempty"`
	// Since is the time of the build that the plan compares with, where that was in an earlier session.
	Since time.Time `json:"since,omitzero"`
	// Also is a second reason: both the Dockerfile and files of the context changed.
	Also *Reason `json:"also,omitempty"`
}

// ReasonKind is the kind of a [Reason]. New kinds may be added.
type ReasonKind string

// The reasons for a build.
const (
	ReasonFirstBuild ReasonKind = "first-build"
	// ReasonRequest: the user asked for it.
	ReasonRequest ReasonKind = "request"
	// ReasonNothing: nothing changed.
	ReasonNothing ReasonKind = "nothing"
	// ReasonEdit: instructions of the Dockerfile were edited. For a step, these are earlier ones that affect it.
	ReasonEdit ReasonKind = "edit"
	// ReasonDockerfile: the Dockerfile changed. For a build, no instruction did.
	ReasonDockerfile ReasonKind = "dockerfile"
	// ReasonRules: the ignore file Path changed, and Count paths came into the context or left it.
	ReasonRules ReasonKind = "rules"
	// ReasonImage: the names of base images, Names, stand for other images now.
	ReasonImage ReasonKind = "image"
	// ReasonEngineBack: the engine answers again.
	ReasonEngineBack ReasonKind = "engine-back"
	// ReasonImageGone: the image of the last build is not on the engine any more.
	ReasonImageGone ReasonKind = "image-gone"
	// ReasonReadable: files that could not be read can be read now.
	ReasonReadable ReasonKind = "readable"
	// ReasonService: the images of the services in Names, which it reads, may be built anew. It is a reason for a step too.
	ReasonService ReasonKind = "service"
	// ReasonNoCache: the build does not use the cache.
	ReasonNoCache ReasonKind = "no-cache"
)

// The reasons for a step. [ReasonPath], [ReasonArgument] and [ReasonOption] are reasons for a build too.
const (
	// ReasonPath: paths that it reads changed.
	ReasonPath ReasonKind = "path"
	// ReasonTouched: it reruns after any write to a file of its context.
	ReasonTouched ReasonKind = "touched"
	// ReasonInstruction: its own instruction was edited. Was is the instruction before.
	ReasonInstruction ReasonKind = "instruction"
	// ReasonNew: its instruction is new.
	ReasonNew ReasonKind = "new"
	// ReasonBase: the stage's FROM names another base.
	ReasonBase ReasonKind = "base"
	// ReasonBaseImage: the base image is another one, or gives the variables Names other values.
	ReasonBaseImage ReasonKind = "base-image"
	// ReasonArgument: the build arguments Names have other values.
	ReasonArgument ReasonKind = "argument"
	// ReasonOption: the options Names, which are no build arguments, have other values.
	ReasonOption ReasonKind = "option"
	// ReasonFrontend: the Dockerfile's own frontend makes another step of the same text. Was is the step before.
	ReasonFrontend ReasonKind = "frontend"
	// ReasonRemade: the step differs from the one before, and nothing else explains it.
	ReasonRemade ReasonKind = "remade"
	// ReasonStepNoCache: an option keeps the step from using the cache.
	ReasonStepNoCache ReasonKind = "step-no-cache"
	// ReasonAfter: it builds on the result of Step, on the image in Names, or on a step without a name.
	ReasonAfter ReasonKind = "after"
	// ReasonReads: it reads files of Step, of the image in Names, or of a step without a name.
	ReasonReads ReasonKind = "reads"
	// ReasonFetched: it builds on, or reads, a git repository or a URL.
	ReasonFetched ReasonKind = "fetched"
	// ReasonNotNeeded: the last build did not need it, but an earlier one may have.
	ReasonNotNeeded ReasonKind = "not-needed-before"
	// ReasonEngine: whether it runs depends on the engine, and none answers.
	ReasonEngine ReasonKind = "engine"
	// ReasonUnasked: the frontend in Names makes the steps, and no engine answers that could run it.
	ReasonUnasked ReasonKind = "frontend-unasked"
	// ReasonMerged: the identical Step is built instead.
	ReasonMerged ReasonKind = "merged"
	// ReasonStarted: Build, which this build superseded, started it.
	ReasonStarted ReasonKind = "started"
	// ReasonHandedOn: Build, which superseded this build, goes on with it.
	ReasonHandedOn ReasonKind = "handed-on"
)

// Reason returns the edit as the reason of a step after it. Its instructions are each on one line.
func (e Edit) Reason() Reason {
	return Reason{Kind: ReasonEdit, Line: e.Line, Was: OneLine(e.Was), Now: OneLine(e.Now), Count: 1}
}

// Equal reports whether r and other are the same reason.
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

// Map returns a copy of the reason with f applied to each of its strings.
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

// Brief returns the reason in words, with its path shortened to the last element.
func (r Reason) Brief() string {
	if r.Kind == ReasonPath && r.From == "" {
		r.Path = path.Base(r.Path)
	}
	return r.String()
}
