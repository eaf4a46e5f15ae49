package image

// How the files of a stage are read. Three ways were measured on engine 20.10, for the sample's two stages (8,600 and
// 3,800 files, 134 and 62 MB, in 11 layers), on two cores that had other work to do as well:
//
//	saving both images, reading the headers in the tars    1.9–2.2 s and 206 MB transferred, again at every save
//	BuildKit's references, ReadDir folder by folder        7–20 ms a folder, 8 s and more for a stage
//	BuildKit's local exporter, the entries only            1.0–1.3 s for all 11 trees, 2 to 4 MB transferred;
//	                                                       0.4–0.5 s after an edit of the source, 0.2–0.3 s after none
//
// The engine mounts a reference for each call on it, so a thousand folders cost a thousand mounts. It writes an image
// to its own disk before it sends the first byte of it, and can't leave out layers that are known. The exporter walks a
// tree once, sends each entry, and sends only those contents that the receiver asks for.
//
// So the results of a stage's steps go to the exporter as one tree each, and a step's layer is the difference between
// its tree and the one before. Layers are remembered by the digest of the chain of the image's layers that they end. A
// tree is read only if its last layer is not known: after an edit those are the trees of the steps that ran. The cost
// grows with the number of files and not with their bytes.
//
// A file that a step wrote again without a change (`chown` to the owner that it had) can't be seen this way. Such a file
// is in a layer of a graph driver, and the layer's size in the engine's history says how many bytes such files have.
// The containerd store leaves it out of the layer. Its history has blocks of the disk for sizes, folders included, so
// there the bytes of the files are the size.

import (
	"context"
	"fmt"
	"hash/maphash"
	"sync"

	"github.com/moby/buildkit/session"
	"github.com/opencontainers/go-digest"
	"github.com/tonistiigi/fsutil"
	"golang.org/x/sync/errgroup"

	"github.com/stagewatch/stagewatch/engine/dock"
	"github.com/stagewatch/stagewatch/engine/plan"
)

// Reader reads the files of stages from an engine's BuildKit, and remembers the layers of the last two readings. It is
// safe for concurrent use.
type Reader struct {
	engine      *dock.Engine
	client      *dock.BuildKit
	attachables []session.Attachable
	seed        maphash.Seed

	mu sync.Mutex
	// layers are those of the last reading, older those of the one before, by the digest of the chain that they end.
	layers, older map[digest.Digest]Layer
	// bases are the sizes of the layers of bases, by the digest of their chain.
	bases map[digest.Digest][]int64
}

// NewReader connects to the engine's BuildKit. The attachables are those that the stages were built with.
func NewReader(ctx context.Context, engine *dock.Engine, attachables ...session.Attachable) (*Reader, error) {
	c, err := engine.BuildKit(ctx)
	if err != nil {
		return nil, err
	}
	return &Reader{engine: engine, client: c, attachables: attachables, seed: maphash.MakeSeed(), bases: map[digest.Digest][]int64{}}, nil
}

// Close ends the connection. A Read that is under way fails.
func (r *Reader) Close() error { return r.client.Close() }

// Contexts are the local contexts that the stages were built from. BuildKit compares them again before it finds that
// nothing has to run.
type Contexts struct {
	Dirs      map[string]fsutil.FS
	SharedKey string
	// Binding returns which session each source of the plans is bound to, given the one that serves Dirs. Nil binds all
	// sources to that one.
	Binding func(session string) func(plan.Local) string
}

// Read reads the stages and calls use with them. While use runs, it can open the files of the last stage. A stage that
// BuildKit's cache no longer has is built again.
func (r *Reader) Read(ctx context.Context, contexts Contexts, sources []Source, use func([]*Stage, Open) error) error {
	var stages []*Stage
	for _, src := range sources {
		s, err := r.inspect(ctx, src)
		if err != nil {
			return err
		}
		stages = append(stages, s)
	}
	sess, err := r.session(ctx, contexts)
	if err != nil {
		return err
	}
	defer sess.Close()
	binding := func(plan.Local) string { return sess.ID() }
	if contexts.Binding != nil {
		binding = contexts.Binding(sess.ID())
	}
	for _, s := range stages {
		if s.graph, err = bindGraph(s.Plan, binding); err != nil {
			return fmt.Errorf("binding stage %q: %w", s.Plan.Target, err)
		}
		if s.Basis == Blocks {
			if s.baseSizes, err = r.baseSizes(ctx, s); err != nil {
				return err
			}
		}
	}
	g, ctx := errgroup.WithContext(ctx)
	in := &receiver{arrived: make(chan arrival), over: ctx, seed: r.seed}
	sess.Allow(in)
	g.Go(func() error { return sess.Run(ctx, r.client.DialSession) })
	wanted := r.wanted(stages)
	g.Go(func() error {
		defer sess.Close()
		return r.export(ctx, sess, wanted)
	})
	g.Go(func() error { return r.receive(ctx, in, wanted, stages, use) })
	return g.Wait()
}

// session returns a session that serves the contexts.
func (r *Reader) session(ctx context.Context, contexts Contexts) (*session.Session, error) {
	sess, err := session.NewSession(ctx, contexts.SharedKey)
	if err != nil {
		return nil, fmt.Errorf("making a session: %w", err)
	}
	files, err := dock.Files(contexts.Dirs)
	if err != nil {
		return nil, err
	}
	sess.Allow(files)
	for _, a := range r.attachables {
		sess.Allow(a)
	}
	return sess, nil
}

// want is a tree to read: a stage up to one of its layers.
type want struct {
	stage *Stage
	layer int
}

// wanted returns the trees whose layers are not known, by the names that they will arrive under. The last stage's whole
// tree is always among them, because its files may be opened.
func (r *Reader) wanted(stages []*Stage) map[string]want {
	r.mu.Lock()
	defer r.mu.Unlock()
	wanted := map[string]want{}
	for i, s := range stages {
		for j, c := range s.chains {
			_, known := r.known(c)
			top := i == len(stages)-1 && j == len(s.chains)-1
			if _, ok := s.op(j); ok && (top || !known && !s.empty(j)) {
				wanted[fmt.Sprintf("tree-%d-%d", i, j)] = want{s, j}
			}
		}
	}
	return wanted
}

// known returns a layer that was read before.
func (r *Reader) known(chain digest.Digest) (Layer, bool) {
	if l, ok := r.layers[chain]; ok {
		return l, true
	}
	l, ok := r.older[chain]
	return l, ok
}
