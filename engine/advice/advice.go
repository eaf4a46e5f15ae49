// Package advice says how a Dockerfile could cost less, once a session and only with what that would have saved: a step
// that installs dependencies and reruns for the sake of a COPY before it, a large file that is all that changes, and
// files that no step reads.
package advice

import (
	"fmt"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/stagewatch/stagewatch/engine/event"
	"github.com/stagewatch/stagewatch/engine/human"
	"github.com/stagewatch/stagewatch/engine/plan"
	"github.com/stagewatch/stagewatch/engine/tree"
)

const (
	// lookedAt is how many of the newest saves are looked at, agreeing how many of them have to agree.
	lookedAt, agreeing = 20, 5
	// worth is the time that advice has to save.
	worth = 5 * time.Second
	// largeFile is the size of a large file, in bytes.
	largeFile = 10 << 20
)

// Advisor remembers the newest saves, what they made run and how long that took. The zero value is ready for use.
type Advisor struct {
	saves []save
	given map[string]bool
}

// save is one save that was built.
type save struct {
	changed map[string]bool
	times   map[plan.StepID]time.Duration
}

// Build is a build that succeeded.
type Build struct {
	Plan *plan.Plan
	// Context is the main context as it was.
	Context *tree.Snapshot
	// Changed are the paths that it was built for, as a person reads them. A build that no save caused has none.
	Changed []string
	// Edited reports whether the Dockerfile was written to.
	Edited bool
	// Times are how long its steps ran; those that did not run are missing.
	Times map[plan.StepID]time.Duration
}

// Built records a build, and returns what there is to advise now.
func (a *Advisor) Built(b Build) []event.Warning {
	if b.Edited {
		// What was true of the Dockerfile as it was need not be true of what it is.
		a.saves = nil
		return nil
	}
	if len(b.Changed) == 0 {
		return nil
	}
	s := save{changed: map[string]bool{}, times: b.Times}
	for _, path := range b.Changed {
		s.changed[path] = true
	}
	a.saves = append(a.saves, s)
	a.saves = a.saves[max(0, len(a.saves)-lookedAt):]
	return append(a.order(b), a.large(b)...)
}

// once returns the advice if it was not given yet.
func (a *Advisor) once(key string, w event.Warning) []event.Warning {
	if a.given == nil {
		a.given = map[string]bool{}
	}
	if a.given[w.Code+key] {
		return nil
	}
	a.given[w.Code+key] = true
	return []event.Warning{w}
}

// order finds steps that install dependencies and reran although the files that name these did not change.
func (a *Advisor) order(b Build) []event.Warning {
	var out []event.Warning
	for i, s := range b.Plan.Steps {
		files, only := dependencies(s.Expanded)
		if files, only = inContext(b.Context, files, only); !only || s.MergedWith != nil {
			continue
		}
		first, copied := before(b.Plan, i, files)
		if first < 0 {
			continue
		}
		saves, cost := 0, time.Duration(0)
		for _, saved := range a.saves {
			took, ran := saved.times[s.ID()]
			if ran && !saved.touches(files) {
				saves++
				cost += took
			}
		}
		if saves < agreeing || cost < worth {
			continue
		}
		source := b.Plan.Steps[first]
		what := fmt.Sprintf("line %d, %s, comes after line %d, %s", s.Line, event.Shortened(s.Instruction), source.Line, event.Shortened(source.Instruction))
		hint := fmt.Sprintf("Move line %d above line %d: it needs none of what is copied there.", s.Line, source.Line)
		switch names := strings.Join(files, " and "); {
		case copied >= 0:
			what = fmt.Sprintf("%s is copied in line %d, after the source in line %d", names, b.Plan.Steps[copied].Line, source.Line)
			hint = fmt.Sprintf("Move line %d and line %d above line %d.", b.Plan.Steps[copied].Line, s.Line, source.Line)
		case len(files) > 0:
			hint = fmt.Sprintf("Copy %s by itself, then run line %d, and only then copy the rest.", names, s.Line)
		}
		out = append(out, a.once(s.ID().String(), event.Warning{Code: event.CodeCopyOrder, Hint: hint,
			Message: fmt.Sprintf("%s: the last %d saves would have cost %s less the other way round", what, len(a.saves), cost.Round(100*time.Millisecond))})...)
	}
	return out
}

// touches reports whether one of the files changed, or another one of its name: which of them a step reads depends on
// its working folder.
func (s save) touches(files []string) bool {
	for changed := range s.changed {
		if slices.ContainsFunc(files, func(f string) bool { return path.Base(f) == path.Base(changed) }) {
			return true
		}
	}
	return false
}

// inContext returns those of the files that the context has. Where it has none of them, the dependencies are not known.
func inContext(snap *tree.Snapshot, files []string, only bool) ([]string, bool) {
	var there []string
	for _, f := range files {
		if e, ok := snap.Lookup(f); ok && e.Mode.IsRegular() {
			there = append(there, f)
		}
	}
	return there, only && (len(files) == 0 || len(there) > 0)
}

// before returns the first step before step i of its stage that copies more of the context than files, and the step after
// that which copies these; -1 for none.
func before(p *plan.Plan, i int, files []string) (source, copied int) {
	source, copied = -1, -1
	for k := range i {
		s := p.Steps[k]
		if s.Stage != p.Steps[i].Stage || !strings.HasPrefix(s.Instruction, "COPY ") && !strings.HasPrefix(s.Instruction, "ADD ") || !p.ReadsContext(k) {
			continue
		}
		own := len(files) > 0 && slices.ContainsFunc(files, func(f string) bool { return strings.Contains(s.Expanded, f) })
		switch {
		case source < 0 && !own:
			source = k
		case source >= 0 && own:
			copied = k
		}
	}
	return source, copied
}

// large finds large files that alone made builds necessary.
func (a *Advisor) large(b Build) []event.Warning {
	count, cost := map[string]int{}, map[string]time.Duration{}
	for _, saved := range a.saves {
		for name := range saved.changed {
			if len(saved.changed) > 1 {
				break
			}
			count[name]++
			for _, took := range saved.times {
				cost[name] += took
			}
		}
	}
	var out []event.Warning
	for name, n := range count {
		e, ok := b.Context.Lookup(name)
		if n < agreeing || cost[name] < worth || !ok || e.Size < largeFile {
			continue
		}
		out = append(out, a.once(name, event.Warning{Code: event.CodeLargeFile, Paths: []string{name},
			Message: fmt.Sprintf("%s (%s) was all that changed in %d of the last %d saves, which took %s to build", name, human.Bytes(e.Size), n, len(a.saves), cost[name].Round(100*time.Millisecond)),
			Hint:    "If the image does not need it, write it into .dockerignore; if it does, mount it with -v, or copy it in a step of its own, after all others."})...)
	}
	return out
}
