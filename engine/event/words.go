package event

import (
	"fmt"
	"strings"

	"github.com/stagewatch/stagewatch/engine/human"
)

// This file has the words of all that the engine reports as values: one wording for every face.

// String words the reason: "app/main.py changed", "Dockerfile:4 was ENV A=1, is ENV A=2", "after build 4/6". It is empty
// for an unknown one.
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
		return r.also(r.Path + " changed, and no instruction of it")
	case ReasonRules:
		return fmt.Sprintf("%s changed, which lets in or keeps out %s", r.Path, human.Count(r.Count, "path"))
	case ReasonImage:
		return strings.Join(r.Names, ", ") + " is another image now"
	case ReasonEngineBack:
		return "the engine is back"
	case ReasonReadable:
		return "what could not be read can be read now"
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
		return "told not to use the cache"
	case ReasonAfter:
		return "after " + r.source()
	case ReasonReads:
		return "reads from " + r.source()
	case ReasonFetched:
		return "after what it fetches"
	case ReasonNotNeeded:
		return "not needed before: there may be a result of an earlier build"
	case ReasonEngine:
		return "depends on the engine: COPY --link stands on nothing where its BuildKit has MergeOp, and on the step before where not"
	case ReasonUnasked:
		return "no engine answers, and so the frontend " + strings.Join(r.Names, ", ") + " was not asked"
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

// source names what a step stands on, reads, or is identical with.
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

// changed words changed paths: the one, or the first with the number of the others.
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

// edited words edits of the Dockerfile: the one, or the first with the number of the others.
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

// String words the change: "a.py changed", "a.py changed its mode", "a.py was added", "a.py is b.py now".
func (c Change) String() string {
	switch c.Kind {
	case ModeChanged:
		return c.Path + " changed its mode"
	case Added, Deleted:
		return c.Path + " was " + c.Kind
	case Renamed:
		return c.From + " is " + c.Path + " now"
	}
	return c.Path + " changed"
}

// In words the edit of a Dockerfile called file: "Dockerfile:4 was ENV A=1, is ENV A=2". With no name it is "line 4 was …".
func (e Edit) In(file string) string {
	at, of := fmt.Sprintf("line %d", e.Line), ""
	if file != "" {
		at, of = fmt.Sprintf("%s:%d", file, e.Line), file+": "
	}
	switch {
	case e.Was == "":
		return at + " is new: " + Shortened(e.Now)
	case e.Now == "":
		return of + Shortened(e.Was) + " was removed"
	}
	was, now := apart(OneLine(e.Was), OneLine(e.Now))
	return fmt.Sprintf("%s was %s, is %s", at, was, now)
}

// Why words why the paths lead to no build.
func (s Skipped) Why() string {
	switch {
	case s.Reason == Ignored && s.Rule != "":
		return "ignored by " + s.Rule
	case s.Reason == Unchanged:
		return "its content is the same as before"
	case s.Reason == Unused:
		return "no step of the target reads it"
	}
	return s.Reason
}

// apart shortens two instructions to what a line can hold, without what they have in common before the difference.
func apart(was, now string) (string, string) {
	if len([]rune(was)) <= maxInstruction && len([]rune(now)) <= maxInstruction {
		return was, now
	}
	a, b := strings.Fields(was), strings.Fields(now)
	same := 1
	for same < min(len(a), len(b)) && a[same] == b[same] {
		same++
	}
	if same > 3 {
		same--
		a, b = append([]string{a[0], "…"}, a[same:]...), append([]string{b[0], "…"}, b[same:]...)
	}
	return Shortened(strings.Join(a, " ")), Shortened(strings.Join(b, " "))
}

// maxInstruction is how many characters of an instruction a line of several can hold.
const maxInstruction = 60

// Shortened returns an instruction on one line of at most 60 characters.
func Shortened(instruction string) string {
	text := OneLine(instruction)
	if r := []rune(text); len(r) > maxInstruction {
		return string(r[:maxInstruction-1]) + "…"
	}
	return text
}

// OneLine returns an instruction with each run of blanks and line ends as one blank.
func OneLine(instruction string) string { return strings.Join(strings.Fields(instruction), " ") }

// Word is the state as faces write it: capitals are what happened. It is the state itself for one that is not known.
func (s State) Word() string {
	switch s {
	case Hit:
		return "HIT"
	case Ran:
		return "RAN"
	case Fail:
		return "FAILED"
	case Skip:
		return "SKIPPED"
	case Canceled:
		return "CANCELED"
	}
	return string(s)
}

// Merged is the word for a step that was built, and counted, as another one.
const Merged = "MERGED"

// Word is the prediction as faces write it: in small letters. It is empty where nothing was predicted.
func (p Prediction) Word() string {
	switch p {
	case WillHit:
		return "will hit"
	case WillRerun:
		return "will run"
	case MayRerun:
		return "may run"
	}
	return ""
}
