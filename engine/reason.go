package engine

import (
	"fmt"
	"slices"
	"strings"

	"github.com/stagewatch/stagewatch/engine/event"
	"github.com/stagewatch/stagewatch/engine/human"
	"github.com/stagewatch/stagewatch/engine/plan"
)

// reason is what a build is made for: changed files of the context, and edits of the Dockerfile.
type reason struct {
	// changes are those of files; a renamed one is one change.
	changes []event.Change
	edits   []event.Edit
	// dockerfile is the Dockerfile's name where it was written to, rules that of an ignore file with other rules.
	dockerfile, rules string
}

// reasonFor gathers what is pending, where prev is the plan that it is compared with.
func (l *loop) reasonFor(p, prev *plan.Plan, changes []plan.Change) reason {
	r := reason{changes: changeEvents(changes, l.pending.renamed), rules: l.pending.rules}
	if l.pending.source > 0 {
		r.take(p, prev, l.project)
	}
	return r
}

// take adds what was edited in the Dockerfile, which is no mere file of the context.
func (r *reason) take(p, prev *plan.Plan, of *project) {
	r.dockerfile, r.edits = of.name(), p.Edits(prev)
	names := of.names()
	r.changes = slices.DeleteFunc(r.changes, func(c event.Change) bool { return slices.Contains(names, of.main().abs(c.Path)) })
}

// String words the reason: "app/main.py changed", "a.py is b.py now", "Dockerfile:4 was ENV A=1, is ENV A=2".
func (r reason) String() string {
	edited := ""
	switch {
	case len(r.edits) > 1:
		edited = fmt.Sprintf("%s, and %s more", wordEdit(r.dockerfile, r.edits[0]), human.Count(len(r.edits)-1, "edit"))
	case len(r.edits) == 1:
		edited = wordEdit(r.dockerfile, r.edits[0])
	case r.dockerfile != "":
		edited = r.dockerfile + " changed, and no instruction of it"
	}
	changed := ""
	switch {
	case r.rules != "":
		changed = fmt.Sprintf("%s changed, which lets in or keeps out %s", r.rules, human.Count(len(r.changes), "path"))
	case len(r.changes) == 1:
		changed = wordChange(r.changes[0])
	case len(r.changes) > 1:
		changed = fmt.Sprintf("%s and %d more changed", r.changes[0].Path, len(r.changes)-1)
	}
	switch {
	case edited == "" && changed == "":
		return "on request"
	case edited == "" || changed == "":
		return edited + changed
	}
	return edited + "; " + changed
}

// head is the reason as the chain begins with it: with the kinds of the changes.
func (r reason) head() string {
	if r.dockerfile != "" || r.rules != "" || len(r.changes) == 0 {
		return r.String()
	}
	kinds := map[string]int{}
	for _, c := range r.changes {
		kinds[c.Kind]++
	}
	switch {
	case len(r.changes) == 1 && r.changes[0].Kind == event.ContentChanged, len(kinds) == 1 && len(r.changes) > 1:
		return fmt.Sprintf("%s (%s)", r, r.changes[0].Kind)
	case len(r.changes) == 1:
		return r.String()
	}
	var parts []string
	for _, k := range []string{event.ContentChanged, event.ModeChanged, event.Added, event.Deleted, event.Renamed} {
		if kinds[k] > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", kinds[k], k))
		}
	}
	return fmt.Sprintf("%s (%s)", r, strings.Join(parts, ", "))
}

func wordChange(c event.Change) string {
	switch c.Kind {
	case event.ModeChanged:
		return c.Path + " changed its mode"
	case event.Added, event.Deleted:
		return c.Path + " was " + c.Kind
	case event.Renamed:
		return c.From + " is " + c.Path + " now"
	}
	return c.Path + " changed"
}

func wordEdit(file string, e event.Edit) string {
	at := fmt.Sprintf("%s:%d", file, e.Line)
	switch {
	case e.Was == "":
		return at + " is new: " + oneLine(e.Now)
	case e.Now == "":
		return file + ": " + oneLine(e.Was) + " was removed"
	}
	was, now := apart(plan.OneLine(e.Was), plan.OneLine(e.Now))
	return fmt.Sprintf("%s was %s, is %s", at, was, now)
}

// apart shortens two instructions to what a line can hold, without what they have in common in front of the
// difference.
func apart(was, now string) (string, string) {
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
	return oneLine(strings.Join(a, " ")), oneLine(strings.Join(b, " "))
}
