package plan_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/docker/docker/api/types/image"
	"github.com/moby/buildkit/solver/pb"
	"github.com/tonistiigi/fsutil"

	"github.com/stagewatch/stagewatch/engine/build"
	"github.com/stagewatch/stagewatch/engine/dock"
	"github.com/stagewatch/stagewatch/engine/dock/docktest"
	"github.com/stagewatch/stagewatch/engine/event"
	"github.com/stagewatch/stagewatch/engine/plan"
	"github.com/stagewatch/stagewatch/engine/tree"
)

// prover builds scripts of worlds on the real engine and compares what was promised with what happened.
type prover struct {
	engine  *dock.Engine
	session *dock.Session
	builder *build.Builder
	// word is the nonce's beginning, words counts the scripts that had one.
	word  string
	words atomic.Int64

	mu    sync.Mutex
	total totals
	// shrinking tells that what is built now does not count.
	shrinking bool
}

func newProver(t *testing.T) *prover {
	engine := docktest.Engine(t)
	session := docktest.Session(t, engine)
	builder, err := build.New(t.Context(), engine)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = builder.Close() })
	return &prover{engine: engine, session: session, builder: builder, word: fmt.Sprintf("n%x", time.Now().UnixNano())}
}

// patterns tells whether the engine knows --exclude and --parents.
func (p *prover) patterns() bool {
	return p.builder.Caps().Supports(pb.CapFileCopyIncludeExcludePatterns) == nil
}

// broken is a promise that was not kept.
type broken struct {
	// at is the world whose build broke it.
	at  int
	why string
}

// run is one script at work: a folder, what is known of it, and the last good build.
type run struct {
	*prover
	dir, word string
	rules     *tree.Rules
	tree      *tree.Tree
	good      *plan.Plan
	image     string
	pending   []event.Change
	// discarded is why the first build failed, if it did: then the script proves nothing.
	discarded error
}

// prove builds the worlds one after the other. It returns nil where every promise was kept.
func (p *prover) prove(ctx context.Context, dir string, worlds []world) (*broken, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	word := fmt.Sprintf("%sx%d", p.word, p.words.Add(1))
	// A place of its own as well: the engine remembers what it was sent from there.
	r := &run{prover: p, dir: filepath.Join(dir, word), word: word}
	defer r.forget(nil)
	if err := errors.Join(os.RemoveAll(dir), os.MkdirAll(r.dir, 0o755)); err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	for i, w := range worlds {
		var old world
		if i > 0 {
			old = worlds[i-1]
		}
		touched, err := w.write(r.dir, r.word, old)
		if err != nil {
			return nil, fmt.Errorf("writing %s: %w", w.note, err)
		}
		if err := r.take(ctx, touched); err != nil {
			return nil, err
		}
		why, err := r.step(ctx, w, old)
		if why != "" || err != nil {
			return &broken{i, why}, err
		}
		if r.good == nil {
			p.count(func(t *totals) { t.discarded++ })
			return nil, nil
		}
		if err := r.learn(); err != nil {
			return nil, err
		}
	}
	return nil, nil
}

// take lets the tree find out what of the written paths is a change, as the engine's loop does.
func (r *run) take(ctx context.Context, touched []string) error {
	rules, err := tree.LoadRules(r.dir, filepath.Join(r.dir, "Dockerfile"))
	if err != nil {
		return err
	}
	if r.tree == nil {
		r.rules = rules
		r.tree, err = tree.Load(ctx, r.dir, rules)
		return err
	}
	changes, err := r.tree.Update(ctx, touched)
	if err != nil {
		return err
	}
	r.pending = append(r.pending, changes.Changed...)
	if !slices.Equal(rules.Patterns(), r.rules.Patterns()) {
		if changes, err = r.tree.SetRules(ctx, rules); err != nil {
			return err
		}
		r.rules = rules
		r.pending = append(r.pending, changes.Changed...)
	}
	return nil
}

// learn has every file hashed, so that what is only touched counts as no change.
func (r *run) learn() error {
	var errs []error
	snap := r.tree.Snapshot()
	snap.Walk("", func(rel string, e tree.Entry) bool {
		if e.Mode.IsRegular() {
			_, err := snap.Digest(rel)
			errs = append(errs, err)
		}
		return true
	})
	return errors.Join(errs...)
}

// Symlinks makes a run the tree of its predictions.
func (r *run) Symlinks() map[string]string {
	links := map[string]string{}
	r.tree.Snapshot().Walk("", func(rel string, e tree.Entry) bool {
		if e.Mode&fs.ModeSymlink != 0 {
			links[rel] = e.Link
		}
		return true
	})
	return links
}

func (r *run) changes() []plan.Change {
	snap := r.tree.Snapshot()
	out := make([]plan.Change, len(r.pending))
	for i, c := range r.pending {
		e, ok := snap.Lookup(c.Path)
		out[i] = plan.Change{Change: c, Dir: ok && e.Mode.IsDir()}
	}
	return out
}

// step plans and builds the world that is on disk, and tells which promise was broken.
func (r *run) step(ctx context.Context, w, old world) (why string, err error) {
	p, err := r.plan(ctx, w)
	if err != nil {
		// A Dockerfile that does not convert is no case; what is pending stays so.
		r.count(func(t *totals) { t.reason(err) })
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
	states, res, err := r.build(ctx, p)
	var failure *build.Failure
	if err != nil && !errors.As(err, &failure) {
		return "", err
	}
	if r.good != nil {
		why = r.compare(p, predictions, states)
	}
	if err != nil {
		r.count(func(t *totals) { t.failed++; t.reason(err) })
		return why, nil
	}
	if r.good != nil {
		r.count(func(t *totals) { t.cases++ })
	}
	r.good, r.pending = p, nil
	return why, r.forget(res)
}

func (r *run) plan(ctx context.Context, w world) (*plan.Plan, error) {
	in := plan.Input{Dockerfile: []byte(strings.ReplaceAll(w.dockerfile(), nonce, r.word)), Filename: "Dockerfile", Attrs: maps.Clone(w.attrs()), Caps: r.builder.Caps(), Platform: r.builder.Platform()}
	in.Attrs["label:"+dock.Label] = r.session.ID
	if w.ignore != nil {
		in.Ignore = []byte(strings.Join(w.ignore, "\n") + "\n")
	}
	return plan.New(ctx, in, r.builder)
}

// build returns what became of each step, by its name.
func (r *run) build(ctx context.Context, p *plan.Plan) (map[plan.StepID]event.State, *build.Result, error) {
	context, err := fsutil.NewFS(r.dir)
	if err != nil {
		return nil, nil, err
	}
	states := map[plan.StepID]event.State{}
	res, err := r.builder.Build(ctx, build.Request{Plan: p, Contexts: map[string]fsutil.FS{"context": context}, SharedKey: build.SharedKey(r.dir, r.tree.Snapshot()), Emit: func(b event.Body) {
		if s, ok := b.(event.Step); ok {
			states[plan.StepID{Stage: s.Stage, Index: s.Index}] = s.State
		}
	}})
	return states, res, err
}

// compare holds the promises against what happened, and counts.
func (r *run) compare(p *plan.Plan, predictions []plan.Prediction, states map[plan.StepID]event.State) (why string) {
	var counted totals
	for i, s := range p.Steps {
		if s.MergedWith != nil || strings.HasPrefix(s.Instruction, "FROM ") {
			continue
		}
		state := states[s.ID()]
		if predictions[i].Prediction == event.WillRerun && state == event.Hit {
			b := predictions[i].Because
			if j := strings.Index(b, ":"); j > 0 {
				b = b[:j]
			}
			if strings.HasPrefix(b, "after") || strings.HasPrefix(b, "reads") {
				b = strings.Fields(b)[0]
			}
			if f := strings.Fields(b); len(f) > 1 && strings.Contains(b, "more") {
				b = "several"
			} else if len(f) > 1 && f[0] != "Dockerfile" {
				b = strings.Join(f[1:], " ")
			}
			r.count(func(t *totals) { t.why("rerun but hit: " + b) })
		}
		counted.outcome(predictions[i].Prediction, state)
		if predictions[i].Prediction == event.WillHit && (state == event.Ran || state == event.Running) {
			why = fmt.Sprintf("%s (%s) was promised to be a hit, and is %s", s.ID(), s.Instruction, state)
		}
	}
	r.count(func(t *totals) {
		for k, v := range counted.reasons {
			_ = k
			_ = v
			t.why(k)
		}
	})
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
		fmt.Fprintf(&b, "  %-8s %-7s %s: %s  (%s)\n", predictions[i].Prediction, states[s.ID()], s.ID(), s.Instruction, predictions[i].Because)
	}
	return b.String()
}

// forget removes the image of the build before res, as the engine does with superseded ones.
func (r *run) forget(res *build.Result) error {
	old := r.image
	r.image = ""
	if res != nil {
		r.image = res.Image
	}
	if old == "" || old == r.image {
		return nil
	}
	_, _ = r.engine.Client.ImageRemove(context.Background(), old, image.RemoveOptions{PruneChildren: true})
	return nil
}

func (p *prover) count(fn func(*totals)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.shrinking {
		fn(&p.total)
	}
}
