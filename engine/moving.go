package engine

import (
	"slices"
	"time"

	"github.com/stagewatch/stagewatch/engine/event"
	"github.com/stagewatch/stagewatch/engine/plan"
	"github.com/stagewatch/stagewatch/engine/project"
	"github.com/stagewatch/stagewatch/engine/tree"
)

// mostAgain bounds how often in a row builds are made again because files were written to, while they were read, with what
// they held before: something may do that all the time.
const mostAgain = 3

// moved returns the files, by context, that were written to while the build read them, and that no later save has. It may
// hold what they held for a moment only, and so not contain the newest save. Not among them is a file of which the build has
// what it holds now: most often it was only touched.
func (l *loop) moved(j *job) map[string][]string {
	moved := map[string][]string{}
	for local, served := range j.contexts {
		fs, ok := served.(*tree.FS)
		if !ok {
			continue
		}
		name := l.project.NamedLocally(local)
		for path, content := range fs.Moved() {
			if l.pending.changes[project.Shown(changeOf(name, path))].seq <= j.seq && !l.project.Holds(name, path, content) {
				moved[name] = append(moved[name], path)
			}
		}
	}
	if len(moved) == 0 || l.cfg.Once || l.builds.again == mostAgain {
		l.builds.again = 0
		return nil
	}
	l.builds.again++
	j.edits--
	return moved
}

func changeOf(context, path string) plan.Change {
	return plan.Change{Change: event.Change{Path: path, Kind: event.ContentChanged}, Context: context}
}

// again takes in what was written to while a build read it, as a change even where it is again what it was before. It
// reports whether there is any.
func (l *loop) again(moved map[string][]string) bool {
	if len(moved) == 0 {
		return false
	}
	var back []plan.Change
	for _, b := range l.project.AsWritten(moved) {
		d, err := l.project.Update(l.Ctx(), b)
		changed := project.Paths(d.Changed)
		d.Unchanged, d.Ignored = nil, nil
		l.record(d, err, b.Last)
		for _, path := range moved[b.Context] {
			if c := changeOf(b.Context, path); !slices.Contains(changed, project.Shown(c)) {
				back = append(back, c)
			}
		}
	}
	if len(back) > 0 {
		l.add(back, project.Delta{}, time.Now())
		l.Emit(0, event.Changed{Paths: project.Paths(back), Changes: project.Events(back, nil)})
	}
	return true
}
