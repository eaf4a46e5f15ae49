package explain

import (
	"context"
	"fmt"
	"slices"

	"github.com/stagewatch/stagewatch/engine/event"
	"github.com/stagewatch/stagewatch/engine/fault"
	"github.com/stagewatch/stagewatch/engine/plan"
)

// known returns an error where there is nothing to compare with.
func (x *explanation) known(what string) error {
	since := "nothing was built here yet"
	switch {
	case x.memory == nil:
	case x.host != "" && x.memory.Engine != x.host:
		since = fmt.Sprintf("nothing was built on this engine yet; the last build was on %s", x.memory.Engine)
	default:
		return nil
	}
	hint := "Build once with stagewatch build; from then on plan tells what an edit of it reruns."
	if what == lastBuild {
		hint = "Build once with stagewatch build, or name the paths that would change."
	}
	return notCompared{&fault.Error{What: fmt.Sprintf("comparing %s: %s", what, since), Hint: hint}}
}

// notCompared is the error that nothing is known of an earlier build.
type notCompared struct{ error }

func (e notCompared) Unwrap() error { return e.error }

// lastBuild is what is compared where no path is named.
const lastBuild = "with the last build"

// compareRules adds the paths that the ignore file lets in or keeps out now and did not when it was last built.
func (x *explanation) compareRules(rel string) error {
	if err := x.known("the ignore file"); err != nil {
		return err
	}
	x.addChanges(x.project.ByRules(x.memory.Patterns(), x.memory.Changes(x.project.Snapshots())))
	if len(x.changes) > 0 {
		x.why.Rules = rel
	}
	// As a file of the context it may be copied like any other.
	if _, ignored := x.project.Rejects(rel); !ignored {
		x.add(x.project.Assume(rel))
	}
	return nil
}

// compare adds how the Dockerfile, its arguments and its bases differ from what was last built.
func (x *explanation) compare(what string) error {
	if err := x.known(what); err != nil {
		return err
	}
	last := plan.Recall(x.memory.Plan)
	if x.foreign() == "" {
		x.prev = last
	}
	if x.memory.Plan.Dockerfile != string(x.project.Source()) {
		x.why.AddEdits(x.plan, last, x.project)
	}
	return nil
}

// foreign returns the frontend that the Dockerfile names, where none can be asked; empty for none.
func (x *explanation) foreign() string {
	if x.host != "" {
		return ""
	}
	return x.project.Frontend()
}

// sinceLast explains all that changed since the last build.
func (x *explanation) sinceLast(ctx context.Context) ([]event.Body, error) {
	if err := x.compare(lastBuild); err != nil {
		return nil, err
	}
	since := x.memory.Changes(x.project.Snapshots())
	// The text of these is compared; that they were written to does not count.
	control := x.project.OfControlFiles(since)
	x.addChanges(slices.DeleteFunc(since, func(c plan.Change) bool { return slices.Contains(control, c) && !x.plan.Reads(c, x.links) }))
	x.why.AddRules(x.memory, x.changes, x.project)
	return x.bodies(ctx, x.memory.At)
}

// predict returns what is expected of the plan's steps, without what nobody can know where no engine answers.
func (x *explanation) predict(ctx context.Context) ([]plan.Prediction, error) {
	predictions := x.plan.Predict(x.prev, x.changes, x.links)
	if x.anew != nil {
		x.follow(predictions, x.anew.Predict(x.prev, x.changes, x.links))
	}
	if frontend := x.foreign(); frontend != "" {
		unasked(predictions, frontend)
	}
	if x.host != "" || x.memory != nil || !x.plan.Merges() {
		return predictions, nil
	}
	other, err := x.project.Plan(ctx, &offline{known: plan.WithoutMergeOp()}, "")
	if err != nil {
		return nil, err
	}
	hedge(predictions, other.Predict(other, x.changes, x.links))
	return predictions, nil
}
