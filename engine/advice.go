package engine

import (
	"fmt"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/stagewatch/stagewatch/engine/event"
	"github.com/stagewatch/stagewatch/engine/human"
	"github.com/stagewatch/stagewatch/engine/plan"
	"github.com/stagewatch/stagewatch/engine/project"
	"github.com/stagewatch/stagewatch/engine/tree"
)

const (
	// adviceSaves is how many of the newest saves are looked at, adviceLeast how many of them have to agree.
	adviceSaves, adviceLeast = 20, 5
	// adviceWorth is the time that advice has to be worth.
	adviceWorth = 5 * time.Second
	// largeFile is a file that is large, muchUnread and manyUnread are a context that is: in bytes and in files.
	largeFile, muchUnread, manyUnread = 10 << 20, 50_000_000, 2000
)

// advisor remembers the newest saves, what they made run and how long that took.
type advisor struct {
	saves []savedEdit
	given map[string]bool
}

// savedEdit is one save that was built.
type savedEdit struct {
	changed map[string]bool
	times   map[plan.StepID]time.Duration
}

// advise takes in a build that a save caused, and returns what there is to say now.
func (a *advisor) advise(j *job) []event.Warning {
	if j.edited {
		// What was true of the Dockerfile as it was need not be of what it is.
		a.saves = nil
	}
	if len(j.changes) == 0 || j.recalled || j.noCache || j.edited {
		return nil
	}
	s := savedEdit{changed: map[string]bool{}, times: j.result.Times}
	for _, c := range j.changes {
		s.changed[project.Shown(c)] = true
	}
	a.saves = append(a.saves, s)
	a.saves = a.saves[max(0, len(a.saves)-adviceSaves):]
	return append(a.order(j), a.large(j)...)
}

// advise says what the saves so far and, once, what the context make one say.
func (l *loop) advise(j *job) {
	for _, w := range l.advisor.advise(j) {
		l.Emit(j.number, w)
	}
	if l.builds.good != nil {
		return
	}
	links := l.project.Links()
	l.Aside(&l.running, func() {
		if w, ok := unread(j.plan, j.main(), links); ok {
			l.Emit(j.number, w)
		}
	})
}

// once returns the advice where it was not given yet.
func (a *advisor) once(key string, w event.Warning) []event.Warning {
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
func (a *advisor) order(j *job) []event.Warning {
	var out []event.Warning
	for i, s := range j.plan.Steps {
		files, only := dependencies(s.Expanded)
		if files, only = inContext(j.main(), files, only); !only || s.MergedWith != nil {
			continue
		}
		first, copied := before(j.plan, i, files)
		if first < 0 {
			continue
		}
		saves, cost := 0, time.Duration(0)
		for _, save := range a.saves {
			took, ran := save.times[s.ID()]
			if ran && !save.touches(files) {
				saves++
				cost += took
			}
		}
		if saves < adviceLeast || cost < adviceWorth {
			continue
		}
		source := j.plan.Steps[first]
		what := fmt.Sprintf("line %d, %s, comes after line %d, %s", s.Line, event.Shortened(s.Instruction), source.Line, event.Shortened(source.Instruction))
		hint := fmt.Sprintf("Move line %d above line %d: it needs none of what is copied there.", s.Line, source.Line)
		switch names := strings.Join(files, " and "); {
		case copied >= 0:
			what = fmt.Sprintf("%s is copied in line %d, after the source in line %d", names, j.plan.Steps[copied].Line, source.Line)
			hint = fmt.Sprintf("Move line %d and line %d above line %d.", j.plan.Steps[copied].Line, s.Line, source.Line)
		case len(files) > 0:
			hint = fmt.Sprintf("Copy %s by itself, then run line %d, and only then copy the rest.", names, s.Line)
		}
		out = append(out, a.once(s.ID().String(), event.Warning{Code: event.CodeCopyOrder, Hint: hint,
			Message: fmt.Sprintf("%s: the last %d saves would have cost %s less the other way round", what, len(a.saves), cost.Round(100*time.Millisecond))})...)
	}
	return out
}

// touches tells whether one of the files changed, or another one of its name: which of them a step reads depends on
// where it works.
func (s savedEdit) touches(files []string) bool {
	for changed := range s.changed {
		if slices.ContainsFunc(files, func(f string) bool { return path.Base(f) == path.Base(changed) }) {
			return true
		}
	}
	return false
}

// inContext leaves those of the files that are there. Dependencies named in files of which none is there, or that
// lead on to others, are not known.
func inContext(snap *tree.Snapshot, files []string, only bool) ([]string, bool) {
	var there []string
	for _, f := range files {
		if e, ok := snap.Lookup(f); ok && e.Mode.IsRegular() {
			there = append(there, f)
		}
	}
	return there, only && (len(files) == 0 || len(there) > 0)
}

// before finds the first step before step i of its stage that copies out of the context more than files, and the one
// that copies these, where that comes after it; -1 for none.
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
func (a *advisor) large(j *job) []event.Warning {
	count, cost := map[string]int{}, map[string]time.Duration{}
	for _, save := range a.saves {
		for name := range save.changed {
			if len(save.changed) > 1 {
				break
			}
			count[name]++
			for _, took := range save.times {
				cost[name] += took
			}
		}
	}
	var out []event.Warning
	for name, n := range count {
		e, ok := j.main().Lookup(name)
		if n < adviceLeast || cost[name] < adviceWorth || !ok || e.Size < largeFile {
			continue
		}
		out = append(out, a.once(name, event.Warning{Code: event.CodeLargeFile, Paths: []string{name},
			Message: fmt.Sprintf("%s (%s) was all that changed in %d of the last %d saves, which took %s to build", name, human.Bytes(e.Size), n, len(a.saves), cost[name].Round(100*time.Millisecond)),
			Hint:    "If the image does not need it, write it into .dockerignore; if it does, mount it with -v, or copy it in a step of its own, after all others."})...)
	}
	return out
}
