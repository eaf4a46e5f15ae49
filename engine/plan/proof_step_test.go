package plan_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/google/go-cmp/cmp"
	"github.com/moby/buildkit/client/llb/sourceresolver"
	"github.com/opencontainers/go-digest"
	"github.com/tonistiigi/fsutil"

	"github.com/stagewatch/stagewatch/engine/event"
	"github.com/stagewatch/stagewatch/engine/plan"
	"github.com/stagewatch/stagewatch/engine/solve"
)

// step plans and builds the world that is on disk. why says which promise was broken.
func (r *run) step(ctx context.Context, w, old world) (why string, err error) {
	p, err := r.plan(ctx, w)
	if err != nil {
		// A Dockerfile that does not convert is no case; what is pending stays so.
		return "", ctx.Err()
	}
	changes := r.changes()
	predictions := p.Predict(r.good, changes, r)
	if r.good != nil && w.dockerfile() == old.dockerfile() && !slices.ContainsFunc(changes, func(c plan.Change) bool { return p.Reads(c, r) }) {
		for i, pr := range predictions {
			if pr.Read {
				return fmt.Sprintf("no change is read, and yet %s is predicted to read one", p.Steps[i].ID()), nil
			}
		}
	}
	if r.good != nil {
		if why, err := r.recalled(ctx, w, changes, predictions); why != "" || err != nil {
			return why, err
		}
	}
	states, res, err := r.build(ctx, p, predictions)
	var failure *solve.Failure
	if err != nil && !errors.As(err, &failure) {
		return "", err
	}
	if err == nil {
		// As the session does once it has measured a build.
		if err := r.builder.Settle(ctx, res.Plan, r.contexts()); err != nil {
			return "", err
		}
	}
	if r.good != nil {
		why = r.compare(p, predictions, states)
	}
	if err != nil {
		r.count(func(t *totals) { t.failed++ })
		return why, nil
	}
	if r.good != nil {
		r.count(func(t *totals) { t.cases++ })
	}
	r.good, r.pending = p, nil
	return why, r.forget(res)
}

func (r *run) plan(ctx context.Context, w world) (*plan.Plan, error) {
	return plan.New(ctx, r.input(w), r.builder)
}

func (r *run) input(w world) plan.Input {
	in := plan.Input{Dockerfile: []byte(strings.ReplaceAll(w.dockerfile(), nonce, r.word)), Filename: "Dockerfile", Attrs: maps.Clone(w.attrs()), Caps: r.builder.Caps(), Platform: r.builder.Platform()}
	maps.Copy(in.Attrs, r.attrs)
	if w.ignore != nil {
		in.Ignore = []byte(strings.Join(w.ignore, "\n") + "\n")
	}
	return in
}

// facts resolves the images that an engine has resolved, and no others.
type facts struct{ *plan.EngineFacts }

var errNoFacts = errors.New("no engine has resolved this image")

func (f facts) ResolveImageConfig(_ context.Context, name string, opt sourceresolver.Opt) (string, digest.Digest, []byte, error) {
	ref, dgst, config, ok := f.Resolve(name, opt)
	if !ok {
		return "", "", nil, errNoFacts
	}
	return ref, dgst, config, nil
}

// recalled plans again without an engine, from the memory of the last build. why says how the predictions differ.
func (r *run) recalled(ctx context.Context, w world, changes []plan.Change, want []plan.Prediction) (why string, err error) {
	dt, err := json.Marshal(r.good.Remember())
	if err != nil {
		return "", err
	}
	var m plan.Memory
	if err := json.Unmarshal(dt, &m); err != nil {
		return "", err
	}
	in := r.input(w)
	m.Engine.Fill(&in)
	p, err := plan.New(ctx, in, facts{&m.Engine})
	if errors.Is(err, errNoFacts) || err != nil && strings.Contains(err.Error(), errNoFacts.Error()) {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	if diff := cmp.Diff(want, p.Predict(plan.Recall(m), changes, r)); diff != "" {
		return "planned otherwise with no engine:\n" + diff, nil
	}
	return "", nil
}

// build returns what became of each step, by its name.
func (r *run) build(ctx context.Context, p *plan.Plan, predictions []plan.Prediction) (map[plan.StepID]event.State, *solve.Result, error) {
	snap := r.tree.Snapshot()
	states := map[plan.StepID]event.State{}
	res, err := r.builder.Build(ctx, solve.Request{Plan: p, Predictions: predictions, Contexts: map[string]fsutil.FS{"context": snap.FS(false)}, SharedKey: solve.SharedKey(r.dir, snap), Emit: func(b event.Body) {
		if s, ok := b.(event.Step); ok {
			states[plan.StepID{Stage: s.Stage, Index: s.Index}] = s.State
		}
	}})
	return states, res, err
}

func (r *run) contexts() map[string]fsutil.FS {
	return map[string]fsutil.FS{"context": r.tree.Snapshot().FS(false)}
}

// compare counts what became of the predictions. why says which promise was broken.
func (r *run) compare(p *plan.Plan, predictions []plan.Prediction, states map[plan.StepID]event.State) (why string) {
	var counted totals
	for i, s := range p.Steps {
		if s.MergedWith != nil || strings.HasPrefix(s.Instruction, "FROM ") {
			continue
		}
		state := states[s.ID()]
		counted.outcome(predictions[i].Prediction, predictions[i].Reason, state)
		if predictions[i].Prediction == event.WillHit && (state == event.Ran || state == event.Running) {
			why = fmt.Sprintf("%s (%s) was promised to be a hit, and is %s", s.ID(), s.Instruction, state)
		}
	}
	if why != "" {
		why += "\n" + r.describe(p, predictions, states)
	}
	r.count(func(t *totals) { t.add(counted) })
	return why
}

func (r *run) describe(p *plan.Plan, predictions []plan.Prediction, states map[plan.StepID]event.State) string {
	var b strings.Builder
	for _, c := range r.pending {
		fmt.Fprintf(&b, "  %s %s\n", c.Kind, c.Path)
	}
	for i, s := range p.Steps {
		fmt.Fprintf(&b, "  %-8s %-7s %s: %s  (%s)\n", predictions[i].Prediction, states[s.ID()], s.ID(), s.Instruction, predictions[i].Reason)
	}
	return b.String()
}

// forget removes the image of the build before res, as the engine does with superseded ones.
func (r *run) forget(res *solve.Result) error {
	old := r.image
	r.image = ""
	if res != nil {
		r.image = res.Image
	}
	if old == "" || old == r.image {
		return nil
	}
	r.remove(old)
	return nil
}

func (p *prover) count(fn func(*totals)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.shrinking {
		fn(&p.total)
	}
}
