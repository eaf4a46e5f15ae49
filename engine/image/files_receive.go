package image

import (
	"context"
	"errors"
	"io/fs"

	"github.com/opencontainers/go-digest"
)

// receive waits for the wanted trees, makes layers of them, and calls use while the stream of the last stage's whole
// tree is open.
func (r *Reader) receive(ctx context.Context, in *receiver, wanted map[string]want, stages []*Stage, use func([]*Stage, Open) error) error {
	last := stages[len(stages)-1]
	var top arrival
	got := map[*Stage]map[int]Tree{}
	for range wanted {
		select {
		case a := <-in.arrived:
			w, ok := wanted[a.name]
			if !ok {
				return errors.New("receiving files: the engine sent a tree that was not requested")
			}
			if got[w.stage] == nil {
				got[w.stage] = map[int]Tree{}
			}
			got[w.stage][w.layer] = a.tree
			if w.stage == last && w.layer == len(last.chains)-1 {
				top = a
				continue
			}
			close(a.release)
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
	r.assemble(stages, got)
	if top.release == nil {
		return use(stages, func(path string) ([]byte, error) {
			return nil, &fs.PathError{Op: "open", Path: path, Err: fs.ErrNotExist}
		})
	}
	defer close(top.release)
	return use(stages, opener(ctx, top))
}

// opener returns an Open that reads from the stream on which a tree arrived.
func opener(ctx context.Context, a arrival) Open {
	return func(path string) (data []byte, err error) {
		done := make(chan struct{})
		read := func(open Open) {
			defer close(done)
			data, err = open(path)
		}
		select {
		case a.read <- read:
			<-done
			return data, err
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		}
	}
}

// assemble fills in the stages' layers, from those that are known and the trees that arrived, and remembers them for
// the next reading. It forgets those of the reading before the last.
func (r *Reader) assemble(stages []*Stage, got map[*Stage]map[int]Tree) {
	r.mu.Lock()
	defer r.mu.Unlock()
	keep := map[digest.Digest]Layer{}
	for _, s := range stages {
		under := Tree{}
		for i, chain := range s.chains {
			l, known := r.known(chain)
			over, arrived := got[s][i]
			if arrived && s.Basis != Files && i > 0 {
				separate(under, over)
			}
			switch {
			case known && !arrived:
				over = under.with(l)
			case !known && arrived:
				l = layerBetween(under, over)
			case !arrived:
				over = under
			}
			l.Step = s.step(i)
			keep[chain] = l
			s.Layers = append(s.Layers, l)
			s.trees = append(s.trees, over)
			under = over
		}
		if s.Basis != Files {
			s.refine()
		}
		for i := range s.Layers {
			s.Layers[i].Bytes = s.bytes(i)
		}
	}
	r.layers, r.older = keep, r.layers
}
