package image

// How the files of a stage are read. Three ways were measured on engine 20.10, for the sample's two stages (8,600 and
// 3,800 files, 134 and 62 MB, in 11 layers), on two cores that had other work to do as well:
//
//	saving both images, reading the headers in the tars    1.9–2.2 s and 206 MB carried over, at every save again
//	BuildKit's references, ReadDir folder by folder        7–20 ms a folder, 8 s and more for a stage
//	BuildKit's local exporter, the entries only            1.0–1.3 s for all 11 trees, 2 to 4 MB carried over;
//	                                                       0.4–0.5 s after an edit of the source, 0.2–0.3 s after none
//
// The engine mounts a reference anew for each call on it, so that a thousand folders are a thousand mounts. It writes
// an image to a disk of its own before it sends the first byte of it, and knows no way to leave out the layers that
// are known. The exporter walks a tree once, sends each entry, and sends the content of those only that are asked for.
//
// So the results of a stage's steps go to the exporter, each as a tree, and what differs between a tree and the next
// is the step's layer. A layer is known by the digests of the image's layers up to it, and a tree is read only where
// it ends in a layer that is not known: after an edit those of the steps that ran. The cost grows with the number of
// files and not with their bytes.
//
// What can't be seen this way is a file that a step wrote again as it was (`chown` to the owner that it had). The
// layer's size as the engine's history has it tells how many bytes those are.

import (
	"context"
	"fmt"
	"hash/maphash"
	"sync"

	"github.com/moby/buildkit/client"
	"github.com/moby/buildkit/session"
	"github.com/opencontainers/go-digest"
	"github.com/tonistiigi/fsutil"
	"golang.org/x/sync/errgroup"

	"github.com/stagewatch/stagewatch/engine/dock"
	"github.com/stagewatch/stagewatch/engine/plan"
)

// Reader reads the files of stages out of an engine's BuildKit, and remembers the layers that it read last. It is
// safe for concurrent use.
type Reader struct {
	engine      *dock.Engine
	client      *client.Client
	attachables []session.Attachable
	seed        maphash.Seed

	mu sync.Mutex
	// layers are those of the last two readings, by the digest of the chain that they end.
	layers, older map[digest.Digest]Layer
}

// NewReader connects to the engine's BuildKit. The attachables are those that the stages were built with.
func NewReader(ctx context.Context, engine *dock.Engine, attachables ...session.Attachable) (*Reader, error) {
	c, err := client.New(ctx, "", client.WithContextDialer(engine.DialGRPC), client.WithSessionDialer(engine.DialSession), dock.Reconnect(), dock.NoticeEnd())
	if err != nil {
		return nil, fmt.Errorf("connecting to BuildKit: %w", err)
	}
	return &Reader{engine: engine, client: c, attachables: attachables, seed: maphash.MakeSeed()}, nil
}

// Close ends the connection; what reads fails.
func (r *Reader) Close() error { return r.client.Close() }

// Contexts are the local contexts that the stages were built from: BuildKit asks for them again, to find that
// nothing has to run.
type Contexts struct {
	Dirs      map[string]fsutil.FS
	SharedKey string
	// Binding returns the session to bind each source of the plans to, given the one that serves Dirs; nil binds all
	// to that one.
	Binding func(session string) func(plan.Local) string
}

// Read reads the stages, and hands them to use with the contents of the last one's files, which are there as long
// as use runs. A stage that is not in BuildKit's cache any more is built again.
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
	}
	g, ctx := errgroup.WithContext(ctx)
	in := &receiver{arrived: make(chan arrival), over: ctx, seed: r.seed}
	sess.Allow(in)
	g.Go(func() error { return sess.Run(ctx, r.engine.DialSession) })
	wanted := r.wanted(stages)
	g.Go(func() error {
		defer sess.Close()
		return r.export(ctx, sess, wanted)
	})
	g.Go(func() error { return r.receive(ctx, in, wanted, stages, use) })
	return g.Wait()
}

// session makes a session that serves the contexts.
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

// want is a tree to read: that of a stage up to a layer.
type want struct {
	stage *Stage
	layer int
}

// wanted lists the trees whose layers are not known, by the names that they will arrive under. The last stage's
// top is among them always: its files may be opened.
func (r *Reader) wanted(stages []*Stage) map[string]want {
	r.mu.Lock()
	defer r.mu.Unlock()
	wanted := map[string]want{}
	for i, s := range stages {
		for j, c := range s.chains {
			_, known := r.known(c)
			top := i == len(stages)-1 && j == len(s.chains)-1
			if _, ok := s.op(j); ok && (top || !known && !s.idle(j)) {
				wanted[fmt.Sprintf("tree-%d-%d", i, j)] = want{s, j}
			}
		}
	}
	return wanted
}

// known finds a layer that was read before.
func (r *Reader) known(chain digest.Digest) (Layer, bool) {
	if l, ok := r.layers[chain]; ok {
		return l, true
	}
	l, ok := r.older[chain]
	return l, ok
}
