package plan_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/docker/docker/api/types/image"
	"github.com/moby/buildkit/solver/pb"

	"github.com/stagewatch/stagewatch/engine/dock"
	"github.com/stagewatch/stagewatch/engine/dock/docktest"
	"github.com/stagewatch/stagewatch/engine/event"
	"github.com/stagewatch/stagewatch/engine/plan"
	"github.com/stagewatch/stagewatch/engine/solve"
	"github.com/stagewatch/stagewatch/engine/tree"
)

// prover builds scripts of worlds on the real engine and compares what was promised with what happened.
type prover struct {
	builder *solve.Builder
	// attrs are frontend attributes of each build.
	attrs map[string]string
	// remove removes an image that was built.
	remove func(image string)
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
	p := proverOn(t, engine)
	p.attrs["label:"+dock.Label] = session.ID
	p.remove = func(id string) {
		_, _ = engine.Client.ImageRemove(context.Background(), id, image.RemoveOptions{PruneChildren: true})
	}
	return p
}

// newBuildkitdProver proves on a BuildKit with no engine around it.
func newBuildkitdProver(t *testing.T) *prover {
	daemon := docktest.NewBuildkitd(t)
	engine := docktest.Engine(t)
	p := proverOn(t, daemon)
	for _, base := range []string{"python:3.9-alpine", "python:3.9-slim"} {
		p.attrs["context:"+base] = "docker-image://" + daemon.Fetch(t, engine, base)
	}
	p.remove = func(string) {} // the registry ends with the test
	return p
}

func proverOn(t *testing.T, in solve.Engine) *prover {
	builder, err := solve.New(t.Context(), in)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = builder.Close() })
	return &prover{builder: builder, attrs: map[string]string{}, word: fmt.Sprintf("n%x", time.Now().UnixNano())}
}

// patterns reports whether the engine knows --exclude and --parents.
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
		if err := r.update(ctx, touched); err != nil {
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

// update lets the tree find the changes among the written paths, as the engine's loop does.
func (r *run) update(ctx context.Context, touched []string) error {
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

// Symlinks makes r the Tree of its own predictions. It has one context.
func (r *run) Symlinks(string) map[string]string {
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
