// Package cause says why a build is made: which changes and edits it is for, and how they run through the stages.
package cause

import (
	"fmt"
	"strings"

	"github.com/stagewatch/stagewatch/engine/event"
	"github.com/stagewatch/stagewatch/engine/past"
	"github.com/stagewatch/stagewatch/engine/plan"
	"github.com/stagewatch/stagewatch/engine/project"
)

// Cause is what a build is made for: changed files of the context, and edits of the Dockerfile. The zero Cause is that
// of a build that somebody asked for.
type Cause struct {
	// Changes are those of files; a renamed one is one change. Read are the same as the plan has them.
	Changes []event.Change
	Read    []plan.Change
	Edits   []event.Edit
	// Dockerfile is the Dockerfile's name where it was written to, Rules that of an ignore file with other rules.
	Dockerfile, Rules string
}

// Since returns the cause of a build that follows one of an earlier session. The changes are those since then that a
// step of p reads.
func Since(last *past.Build, p *plan.Plan, changes []plan.Change, of *project.Project) Cause {
	c := Cause{Changes: project.Events(changes, nil), Read: changes}
	c.AddRules(last, changes, of)
	if last.Plan.Dockerfile != "" && last.Plan.Dockerfile != string(of.Source()) {
		c.AddEdits(p, plan.Recall(last.Plan), of)
	}
	return c
}

// AddRules adds the ignore file, if all of the changes since the last build come of it alone.
func (c *Cause) AddRules(last *past.Build, changes []plan.Change, of *project.Project) {
	if len(changes) > 0 && len(of.ByRules(last.Patterns(), changes)) == len(changes) {
		c.Rules = of.RuleFile()
	}
}

// AddEdits adds how the Dockerfile of p differs from that of prev. The Dockerfile is then no mere file of the context.
func (c *Cause) AddEdits(p, prev *plan.Plan, of *project.Project) {
	c.Dockerfile, c.Edits = of.Name(), p.Edits(prev)
	c.Changes = of.WithoutDockerfile(c.Changes)
}

// Reason returns the cause as events have it.
func (c Cause) Reason() event.Reason {
	var edited, changed event.Reason
	switch {
	case len(c.Edits) > 0:
		edited = c.Edits[0].Reason()
		edited.Path, edited.Count = c.Dockerfile, len(c.Edits)
	case c.Dockerfile != "":
		edited = event.Reason{Kind: event.ReasonDockerfile, Path: c.Dockerfile}
	}
	switch {
	case c.Rules != "":
		changed = event.Reason{Kind: event.ReasonRules, Path: c.Rules, Count: len(c.Changes)}
	case len(c.Changes) > 0:
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
func (c Cause) pathReason() event.Reason {
	first := c.Changes[0]
	r := event.Reason{Kind: event.ReasonPath, Path: first.Path, Change: first.Kind, From: first.From, Count: len(c.Changes)}
	for _, read := range c.Read {
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
func (c Cause) head() string {
	words := c.Reason().String()
	if c.Dockerfile != "" || c.Rules != "" || len(c.Changes) == 0 {
		return words
	}
	kinds := map[string]int{}
	for _, ch := range c.Changes {
		kinds[ch.Kind]++
	}
	switch {
	case len(c.Changes) == 1 && c.Changes[0].Kind == event.ContentChanged, len(kinds) == 1 && len(c.Changes) > 1:
		return fmt.Sprintf("%s (%s)", words, c.Changes[0].Kind)
	case len(c.Changes) == 1:
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

// Option returns the reason of the first step for which the command line differs from before. Its kind is empty where
// there is none.
func Option(predictions []plan.Prediction) event.Reason {
	for _, pr := range predictions {
		if pr.Reason.Kind == event.ReasonArgument || pr.Reason.Kind == event.ReasonOption {
			return pr.Reason
		}
	}
	return event.Reason{}
}
