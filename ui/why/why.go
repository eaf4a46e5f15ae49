// Package why words the chain between a changed path and the steps that ran for it: from a path to all steps that it led
// to, or from a step back to what it ran for. Its lines are text for a pipe; it reads the story, and does no IO.
package why

import (
	"fmt"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/stagewatch/stagewatch/engine/event"
	"github.com/stagewatch/stagewatch/ui/draw"
	"github.com/stagewatch/stagewatch/ui/story"
)

// named is how a step is named: build:3, build 3 or build 3/5.
var named = regexp.MustCompile(`^(.+)[: ](\d+)(?:/\d+)?$`)

// StepID returns the step that a text names, as "build:3" and "build 3/5" do, ok where it is one of the story's newest build.
func StepID(s *story.Story, text string) (id event.StepID, ok bool) {
	m := named.FindStringSubmatch(text)
	b := newest(s)
	if m == nil || b == nil {
		return id, false
	}
	id.Stage = m[1]
	id.Index, _ = strconv.Atoi(m[2])
	return id, b.Step(id.Stage, id.Index) != nil
}

// newest returns the newest build that was planned and not given up, nil for none.
func newest(s *story.Story) *story.Build {
	for _, b := range slices.Backward(s.Builds) {
		if len(b.Stages) > 0 && b.State != story.Abandoned {
			return b
		}
	}
	return nil
}

// Step returns why a step of the newest build ran, or did not: the chain back to what changed, each step with what it reads.
func Step(s *story.Story, id event.StepID) []string {
	b := newest(s)
	lines := []string{built(b)}
	seen := map[event.StepID]bool{}
	for step := b.Step(id.Stage, id.Index); step != nil; {
		lines = append(lines, about(b, step)...)
		seen[event.StepID{Stage: step.Stage, Index: step.Index}] = true
		of := step.Reason.Step
		if of == nil || seen[*of] || step.State == event.Hit {
			break
		}
		step = b.Step(of.Stage, of.Index)
	}
	return lines
}

// Path returns what the newest change of a path, relative to its context, led to: each step that reads it or stands on one
// that does. Without a change in the session, lines are what is known of that.
func Path(s *story.Story, name string) (lines []string, changed bool) {
	for _, b := range slices.Backward(s.Builds) {
		if b.State == story.Abandoned || !slices.ContainsFunc(b.Changes, func(c event.Change) bool { return within(c.Path, name) || within(c.From, name) }) {
			continue
		}
		lines = []string{built(b)}
		for _, step := range reached(b, name) {
			lines = append(lines, about(b, step)...)
		}
		if len(lines) == 1 {
			lines = append(lines, "  no step ran for it")
		}
		return lines, true
	}
	for _, skip := range slices.Backward(s.Skips) {
		if slices.ContainsFunc(skip.Paths, func(p string) bool { return within(p, name) }) {
			return []string{fmt.Sprintf("%s built nothing: %s", name, skip.Why())}, true
		}
	}
	return []string{name + " led to no build in this session"}, false
}

// within reports whether a path is the name or lies below it.
func within(p, name string) bool {
	return p != "" && (name == "." || p == name || strings.HasPrefix(p, name+"/"))
}

// reached returns the steps that read the path, and those that stand on them, in the order of the Dockerfile.
func reached(b *story.Build, name string) []*story.Step {
	reached := map[event.StepID]bool{}
	var out []*story.Step
	b.Steps(func(s *story.Step) {
		hit := slices.ContainsFunc(s.Inputs, func(in event.Input) bool {
			return reached[in.Step] || in.Context != "" && reads(in, name)
		})
		if hit {
			reached[event.StepID{Stage: s.Stage, Index: s.Index}] = true
			out = append(out, s)
		}
	})
	return out
}

// reads reports whether an input of a context may hold the path.
func reads(in event.Input, name string) bool {
	if context, rel, ok := strings.Cut(name, ":"); ok && in.Context == context {
		name = rel
	} else if in.Context != "context" {
		return false
	}
	return len(in.Paths) == 0 || slices.ContainsFunc(in.Paths, func(p string) bool {
		p = strings.Trim(path.Clean("/"+p), "/")
		for at := name; at != "."; at = path.Dir(at) {
			if ok, err := path.Match(p, at); ok || err != nil {
				return true
			}
		}
		return p == "" || within(p, name)
	})
}

// built says which build the lines below are about, and what it was made for.
func built(b *story.Build) string {
	switch {
	case b.Chain != "":
		return fmt.Sprintf("build #%d: %s", b.Number, strings.ReplaceAll(b.Chain, "→", "->"))
	case b.Because != "":
		return fmt.Sprintf("build #%d: %s", b.Number, b.Because)
	}
	return fmt.Sprintf("build #%d", b.Number)
}

// about says what became of a step, why, what it reads, and how a copy got its files.
func about(b *story.Build, s *story.Step) []string {
	line := fmt.Sprintf("  %s %s  %s", s.Name(), s.Instruction, s.Word())
	if s.State == "" {
		line = fmt.Sprintf("  %s %s  %s", s.Name(), s.Instruction, s.Prediction.Word())
	}
	if s.State == event.Ran || s.State == event.Fail {
		line += " " + draw.Millis(s.MS)
	}
	switch {
	case s.State == event.Hit && s.RanBuild > 0:
		line += fmt.Sprintf(": it is as in build #%d, where it ran", s.RanBuild)
	case s.State == event.Hit:
		line += ": what it reads is as it was"
	case s.Because != "":
		line += ": " + s.Because
	}
	lines := []string{line}
	for _, in := range s.Inputs {
		if in.Step.Stage == s.Stage && in.Step.Index == s.Index-1 && len(in.Paths) == 0 {
			continue // as every step
		}
		lines = append(lines, "      "+input(b, s, in))
	}
	for _, c := range b.Shortcuts {
		if c.Step.Stage != s.Stage || c.Step.Index != s.Index {
			continue
		}
		if len(c.LeftOut) > 0 {
			lines = append(lines, "      without waiting for "+names(b, c.LeftOut)+", which wrote elsewhere")
		}
		if len(c.Aside) > 0 {
			lines = append(lines, "      with "+names(b, c.Aside)+" done on nothing but the folder that is copied")
		}
	}
	return lines
}

// input says what a step reads or stands on.
func input(b *story.Build, s *story.Step, in event.Input) string {
	what := strings.Join(in.Paths, ", ")
	if in.Context != "" {
		of := "the context"
		if in.Context != "context" {
			of += " " + in.Context
		}
		if what == "" {
			what = "all"
		}
		return "reads " + what + " of " + of
	}
	from := b.StepName(in.Step.Stage, in.Step.Index)
	switch {
	case what != "":
		return "reads /" + strings.Join(in.Paths, ", /") + " of " + from
	case in.Step.Stage == s.Stage:
		return "after " + from
	}
	return "reads " + from
}

func names(b *story.Build, ids []event.StepID) string {
	var out []string
	for _, id := range ids {
		out = append(out, b.StepName(id.Stage, id.Index))
	}
	return strings.Join(out, ", ")
}
