package engine

import (
	"fmt"
	"strings"

	"github.com/stagewatch/stagewatch/engine/event"
	"github.com/stagewatch/stagewatch/engine/plan"
	"github.com/stagewatch/stagewatch/engine/project"
)

// causes are what a build is made for: changed files of the context, and edits of the Dockerfile.
type causes struct {
	// changes are those of files; a renamed one is one change. read are the same as the plan has them.
	changes []event.Change
	read    []plan.Change
	edits   []event.Edit
	// dockerfile is the Dockerfile's name where it was written to, rules that of an ignore file with other rules.
	dockerfile, rules string
}

// causeOf gathers what is pending, where prev is the plan that it is compared with.
func (l *loop) causeOf(p, prev *plan.Plan, changes []plan.Change) causes {
	c := causes{changes: project.Events(changes, l.pending.renamed), read: changes, rules: l.pending.rules}
	if l.pending.source > 0 {
		c.addEdits(p, prev, l.project)
	}
	return c
}

// addEdits adds the edits of the Dockerfile, which is then no mere file of the context.
func (c *causes) addEdits(p, prev *plan.Plan, of *project.Project) {
	c.dockerfile, c.edits = of.Name(), p.Edits(prev)
	c.changes = of.WithoutDockerfile(c.changes)
}

// reason returns the cause as events have it.
func (c causes) reason() event.Reason {
	var edited, changed event.Reason
	switch {
	case len(c.edits) > 0:
		e := c.edits[0]
		edited = event.Reason{Kind: event.ReasonEdit, Path: c.dockerfile, Line: e.Line, Was: event.OneLine(e.Was), Now: event.OneLine(e.Now), Count: len(c.edits)}
	case c.dockerfile != "":
		edited = event.Reason{Kind: event.ReasonDockerfile, Path: c.dockerfile}
	}
	switch {
	case c.rules != "":
		changed = event.Reason{Kind: event.ReasonRules, Path: c.rules, Count: len(c.changes)}
	case len(c.changes) > 0:
		changed = c.pathReason()
	}
	switch {
	case edited.Kind == "" && changed.Kind == "":
		return event.Reason{Kind: event.ReasonRequest}
	case edited.Kind == "":
		return changed
	case changed.Kind != "":
		edited.Also = &changed
	}
	return edited
}

// pathReason names the first changed path, within its context.
func (c causes) pathReason() event.Reason {
	first := c.changes[0]
	r := event.Reason{Kind: event.ReasonPath, Path: first.Path, Change: first.Kind, From: first.From, Count: len(c.changes)}
	for _, read := range c.read {
		switch project.Shown(read) {
		case first.Path:
			r.Path, r.Context = read.Path, read.Context
		case first.From:
			r.From = read.Path
		}
	}
	return r
}

// head is the reason as the chain begins with it: with the kinds of the changes.
func (c causes) head() string {
	words := c.reason().String()
	if c.dockerfile != "" || c.rules != "" || len(c.changes) == 0 {
		return words
	}
	kinds := map[string]int{}
	for _, ch := range c.changes {
		kinds[ch.Kind]++
	}
	switch {
	case len(c.changes) == 1 && c.changes[0].Kind == event.ContentChanged, len(kinds) == 1 && len(c.changes) > 1:
		return fmt.Sprintf("%s (%s)", words, c.changes[0].Kind)
	case len(c.changes) == 1:
		return words
	}
	var parts []string
	for _, k := range []string{event.ContentChanged, event.ModeChanged, event.Added, event.Deleted, event.Renamed} {
		if kinds[k] > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", kinds[k], k))
		}
	}
	return fmt.Sprintf("%s (%s)", words, strings.Join(parts, ", "))
}
