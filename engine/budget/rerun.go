package budget

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/stagewatch/stagewatch/engine/event"
	"github.com/stagewatch/stagewatch/engine/fault"
)

// Rerun is a rule for a plan: no step whose instruction matches a pattern reruns.
type Rerun struct {
	// Text is the rule as it was written.
	Text string
	// maybe: no such step may even rerun.
	maybe   bool
	pattern *regexp.Regexp
}

const rerunHint = "Write --fail-on rerun:'RUN pip install*': an instruction of the Dockerfile, in which * stands for any text. maybe: in place of rerun: also fails for a step that may run."

// ParseRerun reads a rule: "rerun:" or "maybe:", then an instruction as the Dockerfile has it, in which * stands for any text
// and ? for any character.
func ParseRerun(text string) (Rerun, error) {
	kind, pattern, _ := strings.Cut(text, ":")
	pattern = strings.TrimSpace(pattern)
	if kind != string(event.WillRerun) && kind != string(event.MayRerun) || pattern == "" {
		return Rerun{}, &fault.Error{What: fmt.Sprintf("reading --fail-on %q: this is no rule", text), Hint: rerunHint}
	}
	quoted := regexp.QuoteMeta(pattern)
	quoted = strings.NewReplacer(`\*`, `.*`, `\?`, `.`).Replace(quoted)
	return Rerun{Text: text, maybe: kind == string(event.MayRerun), pattern: regexp.MustCompile(`^(?s:` + quoted + `)$`)}, nil
}

// options matches the options between an instruction's word and what follows.
var options = regexp.MustCompile(`^(\w+)(?:\s+--\S+)+`)

// matches reports whether a step's instruction matches, with its options or without.
func (r Rerun) matches(instruction string) bool {
	return r.pattern.MatchString(instruction) || r.pattern.MatchString(options.ReplaceAllString(instruction, "$1"))
}

// Reruns returns the steps of plans that break rules, each once, in the words of a person. A rule whose pattern no step of
// the plans matches is an error: it could not fail.
func Reruns(rules []Rerun, plans []event.Event) (broken []string, err error) {
	matched, steps := make([]bool, len(rules)), 0
	for _, e := range plans {
		planned, ok := e.Body.(event.Planned)
		if !ok {
			continue
		}
		for _, s := range planned.Steps {
			steps++
			said := false
			for i, r := range rules {
				if !r.matches(s.Instruction) {
					continue
				}
				matched[i] = true
				if said || s.Prediction != event.WillRerun && !(r.maybe && s.Prediction == event.MayRerun) {
					continue
				}
				said = true
				broken = append(broken, broke(e.Service, s, r))
			}
		}
	}
	for i, r := range rules {
		if !matched[i] && steps > 0 {
			return broken, &fault.Error{What: fmt.Sprintf("reading --fail-on %q: no step of the plan matches", r.Text), Hint: rerunHint}
		}
	}
	return broken, nil
}

func broke(service string, s event.PlannedStep, r Rerun) string {
	word := "will run"
	if s.Prediction == event.MayRerun {
		word = "may run"
	}
	text := fmt.Sprintf("%s %d/%d %s %s: %s (--fail-on %s)", s.Stage, s.Index, s.Total, s.Instruction, word, s.Because, r.Text)
	if service != "" {
		text = service + ": " + text
	}
	return text
}
