package story

import (
	"regexp"
	"strings"

	"github.com/stagewatch/stagewatch/engine/event"
)

// tellings are what the line that says what went wrong looks like, the surest first: an exception by its
// class, a place in a source file, a word at the line's beginning. Of several such lines the last counts.
var tellings = []*regexp.Regexp{
	regexp.MustCompile(`^\s*(?:[\w.]+\.)?[A-Z]\w*(?:Error|Exception|NotFound)\b: \S`),
	regexp.MustCompile(`^\s*\S+\.\w+:\d+(?::\d+)?: \S`),
	regexp.MustCompile(`(?i)^\s*(?:error|fatal(?: error)?|panic|e)(?:\[\w+\])?: \S`),
	regexp.MustCompile(`: (?:not found|No such file or directory|Permission denied|command not found)$`),
}

// Telling reports whether, and how surely, a line of output says what went wrong: 0 is not at all.
func Telling(line string) int {
	for i, re := range tellings {
		if re.MatchString(line) {
			return len(tellings) - i
		}
	}
	return 0
}

// Said is the line of the failed step's output that says what went wrong, empty where none does or the
// message of the failure says more than an exit code.
func (b *Build) Said() string { return b.said }

func (b *Build) lastWords() string {
	if b.Failure == nil || b.Failure.ExitCode == 0 {
		return ""
	}
	s := b.Step(b.Failure.Stage, b.Failure.Index)
	if s == nil || s.State == event.Hit {
		return ""
	}
	said, best := "", 0
	for _, l := range s.Output.Lines {
		if n := Telling(l.Text); n > 0 && n >= best {
			said, best = strings.TrimSpace(l.Text), n
		}
	}
	return said
}
