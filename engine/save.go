package engine

import (
	"slices"
	"time"

	"github.com/stagewatch/stagewatch/engine/event"
	"github.com/stagewatch/stagewatch/engine/plan"
	"github.com/stagewatch/stagewatch/engine/project"
	"github.com/stagewatch/stagewatch/engine/tree"
)

// onBatch takes in one save. It reports which of the paths lead to no build and why, and has the others built.
func (l *loop) onBatch(w project.Batch) {
	if l.paused {
		l.missed = true
		return
	}
	d, err := l.project.Update(l.Ctx(), w)
	d.Unchanged = l.unlessFound(d.Unchanged, w)
	news := l.record(d, err, w.Last)
	l.next(trigger{news: news, paced: true, writing: w.More, paths: len(w.Paths)})
}

// catchUp reads what was missed while watching was off, and reports whether any of it matters.
func (l *loop) catchUp() bool {
	if !l.missed {
		return false
	}
	l.missed = false
	d, err := l.project.Rescan(l.Ctx())
	return l.record(d, err, time.Now())
}

// record adds what changed to what is pending, and reports whether any of it matters.
func (l *loop) record(d project.Delta, err error, savedAt time.Time) bool {
	if err != nil {
		l.Emit(0, event.Warning{Code: event.CodeContextUnreadable, Message: err.Error(), Hint: "The last good build keeps serving; watching goes on."})
		l.missed = true
		if len(d.Changed) == 0 {
			return false
		}
	}
	defer l.awaitReadable()
	before := l.plan
	if d.Dockerfile || d.Rules || d.Broke || l.project.Frontend() != "" && len(d.Changed) > 0 {
		d.Changed = append(d.Changed, l.replan()...)
		// A path that a step names since this very save is not ignored.
		d.Ignored = slices.DeleteFunc(d.Ignored, func(i tree.IgnoredPath) bool { _, out := l.project.Rejects(i.Path); return !out })
	}
	l.skipped(d)
	relevant := d.Changed
	if l.plan != nil && !d.Dockerfile && (before == nil || l.plan.Same(before)) {
		links := l.project.Links()
		relevant = l.relevant(d.Changed, links)
	} else if l.plan == nil && l.builds.good != nil && !d.Dockerfile && !d.Rules {
		// A path that the last good build did not read repairs no Dockerfile, and the app may write to it every second.
		relevant = l.builds.good.plan.Relevant(d.Changed, l.project.Links())
	}
	relevant = l.withChecked(relevant, d.Changed)
	if len(relevant) == 0 && !d.Dockerfile && !d.Broke {
		unused := project.Paths(d.Changed)
		if d.Rules {
			unused = append(unused, d.RuleFiles...)
		}
		if len(unused) > 0 {
			l.Emit(0, event.Skipped{Paths: unused, Reason: event.Unused})
		}
		return false
	}
	l.add(relevant, d, savedAt)
	changed := l.withSource(project.Paths(relevant), d.Dockerfile)
	if d.Broke && len(changed) == 0 {
		changed = d.RuleFiles
	}
	l.Emit(0, event.Changed{Paths: changed, Changes: project.Events(relevant, d.Renamed)})
	return true
}

// relevant returns the changes that a step reads, of the Dockerfile as it is or as it was when it was last built. What
// is edited while a Dockerfile is broken for a moment must not be lost.
func (l *loop) relevant(changes []plan.Change, tree plan.Tree) []plan.Change {
	if l.builds.good == nil || l.builds.good.plan == l.plan {
		return l.plan.Relevant(changes, tree)
	}
	now, then := l.plan.Relevant(changes, tree), l.builds.good.plan.Relevant(changes, tree)
	for _, c := range then {
		if !slices.Contains(now, c) {
			now = append(now, c)
		}
	}
	return now
}

// withChecked returns the changes that are relevant to the target or read by a check: a build is made for these too, of which
// the target has every step.
func (l *loop) withChecked(relevant, changes []plan.Change) []plan.Change {
	if len(relevant) == len(changes) {
		return relevant
	}
	for _, c := range l.checks.Reads(changes) {
		if !slices.Contains(relevant, c) {
			relevant = append(relevant, c)
		}
	}
	return relevant
}

// add makes changes pending, for the target and the checks.
func (l *loop) add(changes []plan.Change, d project.Delta, savedAt time.Time) {
	l.pending.add(changes, d, savedAt)
	l.checks.Add(changes, d.Dockerfile, l.pending.last)
}

// withSource adds the Dockerfile to the paths where it changed as well.
func (l *loop) withSource(paths []string, source bool) []string {
	if source && !slices.Contains(paths, l.project.Name()) {
		paths = append(paths, l.project.Name())
	}
	return paths
}

// skipped reports the written paths that lead to no build, by reason and rule.
func (l *loop) skipped(d project.Delta) {
	if len(d.Unchanged) > 0 {
		l.Emit(0, event.Skipped{Paths: d.Unchanged, Reason: event.Unchanged})
	}
	l.leftOut(d.Ignored)
}

// leftOut reports ignored paths by their rule. Noise, as an editor's swap file that is written to every few seconds, is
// reported once a session.
func (l *loop) leftOut(ignored []tree.IgnoredPath) {
	news := slices.DeleteFunc(slices.Clone(ignored), func(i tree.IgnoredPath) bool { return i.Noise && l.reported.rules[i.Rule.String()] })
	for _, s := range project.Skipped(news) {
		l.reported.rules[s.Rule] = true
		l.Emit(0, s)
	}
}
