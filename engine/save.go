package engine

import (
	"slices"
	"time"

	"github.com/stagewatch/stagewatch/engine/event"
	"github.com/stagewatch/stagewatch/engine/plan"
	"github.com/stagewatch/stagewatch/engine/tree"
)

// onBatch takes in one save: says what of it leads to nothing and why, and builds the rest.
func (l *loop) onBatch(w written) {
	if l.paused {
		l.missed = true
		return
	}
	d, err := l.project.take(l.Ctx(), w)
	news := l.record(d, err, w.Last)
	l.next(trigger{news: news, paced: true, writing: w.More, paths: len(w.Paths)})
}

// catchUp takes in what was missed while nobody looked, and reports whether any of it matters.
func (l *loop) catchUp() bool {
	if !l.missed {
		return false
	}
	l.missed = false
	d, err := l.project.rescan(l.Ctx())
	return l.record(d, err, time.Now())
}

// record adds what changed to what is pending, and reports whether any of it matters.
func (l *loop) record(d delta, err error, saved time.Time) bool {
	if err != nil {
		l.Emit(0, event.Warning{Code: event.CodeContextUnreadable, Message: err.Error(), Hint: "The last good build keeps serving; watching goes on."})
		l.missed = true
		if len(d.changed) == 0 {
			return false
		}
	}
	defer l.awaitReadable()
	before := l.plan
	if d.dockerfile || d.rules || d.broke || l.project.foreign() && len(d.changed) > 0 {
		d.changed = append(d.changed, l.replan()...)
		// What the same save has a step name is not ignored.
		d.ignored = slices.DeleteFunc(d.ignored, func(i tree.IgnoredPath) bool { return !l.project.rejects(i.Path) })
	}
	l.skipped(d)
	relevant := d.changed
	if l.plan != nil && !d.dockerfile && (before == nil || l.plan.Same(before)) {
		links := l.project.links()
		relevant = l.relevant(d.changed, links)
	} else if l.plan == nil && l.good != nil && !d.dockerfile && !d.rules {
		// What the last good build did not read mends no Dockerfile, and the app may write it every second.
		relevant = l.good.plan.Relevant(d.changed, l.project.links())
	}
	if len(relevant) == 0 && !d.dockerfile && !d.broke {
		unused := paths(d.changed)
		if d.rules {
			unused = append(unused, d.ruleFiles...)
		}
		if len(unused) > 0 {
			l.Emit(0, event.Skipped{Paths: unused, Reason: event.Unused})
		}
		return false
	}
	l.pending.add(relevant, d, saved)
	changed := l.withSource(paths(relevant), d.dockerfile)
	if d.broke && len(changed) == 0 {
		changed = d.ruleFiles
	}
	l.Emit(0, event.Changed{Paths: changed, Changes: changeEvents(relevant, d.renamed)})
	return true
}

// relevant returns the changes that a step reads: of the Dockerfile as it is, or as it was when it was last
// built. A Dockerfile that is broken for a moment, and mended, must not have lost what was edited meanwhile.
func (l *loop) relevant(changes []plan.Change, tree plan.Tree) []plan.Change {
	if l.good == nil || l.good.plan == l.plan {
		return l.plan.Relevant(changes, tree)
	}
	now, then := l.plan.Relevant(changes, tree), l.good.plan.Relevant(changes, tree)
	for _, c := range then {
		if !slices.Contains(now, c) {
			now = append(now, c)
		}
	}
	return now
}

// withSource adds the Dockerfile to the paths where it changed as well.
func (l *loop) withSource(paths []string, source bool) []string {
	if source && !slices.Contains(paths, l.project.name()) {
		paths = append(paths, l.project.name())
	}
	return paths
}

// skipped reports the written paths that lead to no build, by reason and rule.
func (l *loop) skipped(d delta) {
	if len(d.unchanged) > 0 {
		l.Emit(0, event.Skipped{Paths: d.unchanged, Reason: event.Unchanged})
	}
	l.leftOut(d.ignored)
}

// leftOut reports ignored paths by their rule, and noise once a session: an editor's swap file is written to every
// few seconds.
func (l *loop) leftOut(ignored []tree.IgnoredPath) {
	news := slices.DeleteFunc(slices.Clone(ignored), func(i tree.IgnoredPath) bool { return i.Noise && l.toldOf[i.Rule.String()] })
	for _, s := range skippedBy(news) {
		l.toldOf[s.Rule] = true
		l.Emit(0, s)
	}
}
