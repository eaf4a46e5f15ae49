package story

import (
	"regexp"
	"strings"

	"github.com/stagewatch/stagewatch/engine/event"
)

// errorPatterns match lines that say what went wrong, the surest first: an exception with its class, a place in a source
// file, a word at the beginning of the line. Of several lines with the same rank the last counts.
var errorPatterns = []*regexp.Regexp{
	regexp.MustCompile(`^\s*(?:[\w.]+\.)?[A-Z]\w*(?:Error|Exception|NotFound)\b: \S`),
	regexp.MustCompile(`^\s*\S+\.\w+:\d+(?::\d+)?: \S`),
	regexp.MustCompile(`(?i)^\s*(?:error|fatal(?: error)?|panic|e)(?:\[\w+\])?: \S`),
	regexp.MustCompile(`: (?:not found|No such file or directory|Permission denied|command not found)$`),
}

// ErrorRank returns how surely a line of output says what went wrong; 0 is not at all.
func ErrorRank(line string) int {
	for i, re := range errorPatterns {
		if re.MatchString(line) {
			return len(errorPatterns) - i
		}
	}
	return 0
}

// ErrorLine returns the line of the failed step's output that says what went wrong. It returns "" where there is none, and
// where the failure's own message says more than an exit code.
func (b *Build) ErrorLine() string { return b.errorLine }

func (b *Build) findErrorLine() string {
	if b.Failure == nil || b.Failure.ExitCode == 0 {
		return ""
	}
	s := b.Step(b.Failure.Stage, b.Failure.Index)
	if s == nil || s.State == event.Hit {
		return ""
	}
	line, best := "", 0
	for _, l := range s.Output.Lines {
		if n := ErrorRank(l.Text); n > 0 && n >= best {
			line, best = strings.TrimSpace(l.Text), n
		}
	}
	return line
}
