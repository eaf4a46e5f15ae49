package event

import (
	"fmt"
	"strings"

	"github.com/stagewatch/stagewatch/engine/human"
)

// String returns the reason in words: "app/main.py changed", "Dockerfile:4 was ENV A=1, is ENV A=2", "after build 4/6". It
// returns "" for an unknown kind.
func (r Reason) String() string {
	text := r.words()
	switch {
	case r.Since.IsZero():
	case r.Kind == ReasonFirstBuild:
		text += "; last built " + human.Moment(r.Since)
	default:
		text += " since " + human.Moment(r.Since)
	}
	return text
}

func (r Reason) words() string {
	switch r.Kind {
	case ReasonFirstBuild:
		return "first build"
	case ReasonRequest:
		return "on request"
	case ReasonNothing:
		return "nothing changed"
	case ReasonEdit:
		return r.edited()
	case ReasonDockerfile:
		if r.Path == "" {
			return "the Dockerfile changed"
		}
		return r.also(r.Path + " changed, but none of its instructions")
	case ReasonRules:
		return fmt.Sprintf("%s changed, which lets in or keeps out %s", r.Path, human.Count(r.Count, "path"))
	case ReasonImage:
		return strings.Join(r.Names, ", ") + " is another image now"
	case ReasonEngineBack:
		return "the engine is back"
	case ReasonImageGone:
		return "its image was removed from the engine"
	case ReasonReadable:
		return "what could not be read can be read now"
	case ReasonService:
		return "reads the image of " + strings.Join(r.Names, ", ") + ", which may be built anew"
	case ReasonNoCache:
		return "the build does not use the cache"
	}
	return r.ofStep()
}

func (r Reason) ofStep() string {
	switch r.Kind {
	case ReasonPath:
		return r.changed()
	case ReasonTouched:
		return "reruns when any file of its context was touched"
	case ReasonInstruction:
		return "Dockerfile changed: was " + OneLine(r.Was)
	case ReasonNew:
		return "new in the Dockerfile"
	case ReasonBase:
		return "base was " + OneLine(r.Was)
	case ReasonBaseImage:
		return listed("base image changed", r.Names)
	case ReasonArgument:
		return listed("build argument changed", r.Names)
	case ReasonOption:
		return listed("build option changed", r.Names)
	case ReasonFrontend:
		return "the Dockerfile's frontend makes another step of it: was " + OneLine(r.Was)
	case ReasonRemade:
		return "made in another way than before"
	case ReasonStepNoCache:
		return "set not to use the cache"
	case ReasonAfter:
		return "after " + r.source()
	case ReasonReads:
		return "reads from " + r.source()
	case ReasonFetched:
		return "after what it fetches"
	case ReasonNotNeeded:
		return "not needed before: there may be a result of an earlier build"
	case ReasonEngine:
		return "depends on the engine: COPY --link follows the step before it only where the engine's BuildKit has no MergeOp"
	case ReasonUnasked:
		return "no engine answers that could run the frontend " + strings.Join(r.Names, ", ")
	case ReasonMerged:
		return "merged with " + r.source()
	case ReasonStarted:
		return fmt.Sprintf("started by build #%d", r.Build)
	case ReasonHandedOn:
		return fmt.Sprintf("build #%d goes on with it", r.Build)
	}
	return ""
}

func listed(what string, names []string) string {
	if len(names) == 0 {
		return what
	}
	return what + ": " + strings.Join(names, ", ")
}

// source returns the name of what the step builds on, reads, or is identical with.
func (r Reason) source() string {
	switch {
	case r.Step != nil && r.Total > 0:
		return fmt.Sprintf("%s %d/%d", r.Step.Stage, r.Step.Index, r.Total)
	case r.Step != nil:
		return r.Step.String()
	case len(r.Names) > 0:
		return strings.Join(r.Names, ", ")
	}
	return "an inner step"
}

// changed returns changed paths in words: the only one, or the first and how many more.
func (r Reason) changed() string {
	c := Change{Path: r.Path, Kind: r.Change, From: r.From}
	if r.Context != "" {
		c.Path, c.From = r.Context+":"+r.Path, r.Context+":"+r.From
	}
	if r.Count > 1 {
		return fmt.Sprintf("%s and %d more changed", c.Path, r.Count-1)
	}
	return c.String()
}

// edited returns edits of the Dockerfile in words: the only one, or the first and how many more.
func (r Reason) edited() string {
	text := Edit{Line: r.Line, Was: r.Was, Now: r.Now}.In(r.Path)
	if r.Count > 1 {
		text += ", and " + human.Count(r.Count-1, "edit") + " more"
	}
	return r.also(text)
}

func (r Reason) also(text string) string {
	if r.Also == nil {
		return text
	}
	return text + "; " + r.Also.String()
}
