package event

import (
	"fmt"
	"strings"
)

// This file and reason_words.go have the only wording of these values, for every face.

// String returns the change in words: "a.py changed", "a.py changed its mode", "a.py was added", "a.py is b.py now".
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

// In returns the edit in words, for a Dockerfile called file: "Dockerfile:4 was ENV A=1, is ENV A=2". With an empty name it
// begins with "line 4 was".
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
	was, now := differing(OneLine(e.Was), OneLine(e.Now))
	return fmt.Sprintf("%s was %s, is %s", at, was, now)
}

// Why says why the paths lead to no build: "ignored by *.pyc".
func (s Skipped) Why() string {
	switch {
	case s.Reason == Ignored && s.Rule != "":
		return "ignored by " + s.Rule
	case s.Reason == Unchanged:
		return "its content is the same as before"
	case s.Reason == Unused:
		return "no step of the target reads it"
	case s.Reason == Outside:
		return "it is in no build context"
	case s.Reason == NotBuilt:
		return "the service is not built"
	case s.Reason == Settings:
		return s.Message
	}
	return s.Reason
}

// String returns the answer in words: "build #5 serves app.py as it is", "no build depends on notes.md: no step of the target
// reads it", "build #5 failed".
func (a Answer) String() string {
	switch a.Result {
	case AnswerServed:
		if a.For != "" {
			return fmt.Sprintf("build #%d serves, with %s as it is", a.ServingBuild, a.For)
		}
		return fmt.Sprintf("build #%d serves, with the newest save", a.ServingBuild)
	case AnswerUnread:
		return fmt.Sprintf("no build depends on %s: %s", a.For, a.Message)
	}
	if a.For != "" {
		return a.For + ": " + a.Message
	}
	return a.Message
}

// differing shortens two instructions so that one line can hold both. It leaves out what they have in common before the
// first difference.
func differing(was, now string) (string, string) {
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

// maxInstruction is the length of a shortened instruction, in characters.
const maxInstruction = 60

// Shortened returns an instruction on one line of at most 60 characters.
func Shortened(instruction string) string {
	text := OneLine(instruction)
	if r := []rune(text); len(r) > maxInstruction {
		return string(r[:maxInstruction-1]) + "…"
	}
	return text
}

// OneLine returns an instruction on one line: each run of blanks and line ends becomes one blank.
func OneLine(instruction string) string { return strings.Join(strings.Fields(instruction), " ") }

// Word returns the state as faces write it: in capitals, as it is what happened. It returns an unknown state as it is.
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

// Merged is the word for a step that was built, and is counted, as another one.
const Merged = "MERGED"

// Word returns the prediction as faces write it: in small letters. It returns "" where nothing was predicted.
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
