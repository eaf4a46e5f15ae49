package image

import (
	"context"
	"errors"
	"hash/maphash"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/tonistiigi/fsutil"
	"github.com/tonistiigi/fsutil/types"
	"golang.org/x/sync/errgroup"
)

func TestLayerBetween(t *testing.T) {
	file := func(p string, size, time int64, hard string) File {
		return File{Path: p, Mode: 0o644, Size: size, ModTime: time, Hard: hard}
	}
	of := func(files ...File) Tree {
		t := Tree{}
		for _, f := range files {
			t[f.Path] = f
		}
		return t
	}
	under := of(file("/a", 5, 1, ""), file("/b", 5, 1, "/a"), file("/c", 7, 1, ""), file("/d", 9, 1, ""), file("/e", 11, 1, ""))
	// The first of two hard links is deleted, a file and a mode change, one file is deleted, one is new.
	moded := file("/d", 9, 1, "")
	moded.Mode = 0o600
	over := of(file("/b", 5, 1, ""), file("/c", 8, 2, ""), moded, file("/f", 1, 3, ""))
	l := layerBetween(under, over)
	var changed []string
	for _, f := range l.Files {
		changed = append(changed, f.Path)
	}
	if !slices.Equal(changed, []string{"/c", "/d", "/f"}) || !slices.Equal(l.Gone, []string{"/a", "/e"}) || seenBytes(l) != 18 {
		t.Errorf("got %v, %v, %d bytes", changed, l.Gone, seenBytes(l))
	}
	again := under.with(l)
	if again.bytes() != over.bytes() || len(again) != len(over) {
		t.Errorf("put together again it is %v", again)
	}
	l.Step = 1
	s := &Stage{Source: planned(t), steps: []int{1}, Layers: []Layer{layerBetween(nil, under), l}, trees: []Tree{under, over}}
	if found, deleted := lostTo(s, 1, under, map[string]int{}); deleted != 11 || len(found) != 2 {
		t.Errorf("deleted %d bytes: %+v", deleted, found)
	}
}

func TestResolve(t *testing.T) {
	s := world(map[string]string{"/usr/bin/real": "x", "/usr/bin/one": "-> real", "/bin": "-> usr/bin", "/abs": "-> /bin/one", "/up": "-> ../../usr/bin/real",
		"/loop": "-> loop", "/a": "-> b", "/b": "-> a", "/nowhere": "-> /usr/none"}, nil)
	for p, want := range map[string]string{"/usr/bin/one": "/usr/bin/real", "/bin/one": "/usr/bin/real", "/abs": "/usr/bin/real", "/up": "/usr/bin/real",
		"/loop": "", "/a": "", "/nowhere": "", "/usr/bin/../bin/real": "/usr/bin/real", "/": "/"} {
		if got, ok := s.Files().resolve(p); got != want || ok != (want != "") {
			t.Errorf("%s leads to %q, %v; want %q", p, got, ok, want)
		}
	}
}

// pipe is one end of a stream of packets.
type pipe struct {
	ctx     context.Context
	in, out chan []byte
}

func (p *pipe) Context() context.Context { return p.ctx }

func (p *pipe) SendMsg(m any) error {
	data, err := m.(*types.Packet).MarshalVT()
	if err != nil {
		return err
	}
	select {
	case p.out <- data:
		return nil
	case <-p.ctx.Done():
		return p.ctx.Err()
	}
}

func (p *pipe) RecvMsg(m any) error {
	select {
	case data, ok := <-p.in:
		if !ok {
			return io.EOF
		}
		return m.(*types.Packet).UnmarshalVT(data)
	case <-p.ctx.Done():
		return p.ctx.Err()
	}
}

// TestReceiver connects the receiver to fsutil's own sender.
func TestReceiver(t *testing.T) {
	dir := t.TempDir()
	for _, err := range []error{
		os.WriteFile(filepath.Join(dir, "a"), []byte("hello"), 0o640),
		os.Link(filepath.Join(dir, "a"), filepath.Join(dir, "b")),
		os.Mkdir(filepath.Join(dir, "sub"), 0o755),
		os.Symlink("/sub/x", filepath.Join(dir, "sub", "abs")),
		os.Symlink("../a", filepath.Join(dir, "sub", "rel")),
		os.WriteFile(filepath.Join(dir, "sub", "x"), make([]byte, 100_000), 0o755),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	inner, err := fsutil.NewFS(dir)
	if err != nil {
		t.Fatal(err)
	}
	outer, err := fsutil.SubDirFS([]fsutil.Dir{{Stat: &types.Stat{Mode: uint32(os.ModeDir | 0o755), Path: "tree-1-2"}, FS: inner}})
	if err != nil {
		t.Fatal(err)
	}
	g, ctx := errgroup.WithContext(t.Context())
	there, back := make(chan []byte), make(chan []byte)
	g.Go(func() error {
		return fsutil.Send(ctx, &pipe{ctx: ctx, in: back, out: there}, outer, nil)
	})
	r := &receiver{arrived: make(chan arrival), over: ctx, seed: maphash.MakeSeed()}
	g.Go(func() error { return r.stream(&pipe{ctx: ctx, in: there, out: back}) })
	g.Go(func() error {
		a := <-r.arrived
		defer close(a.release)
		if a.name != "tree-1-2" || len(a.tree) != 6 || a.tree.bytes() != 100_005 {
			t.Errorf("%q has %v", a.name, a.tree)
		}
		if f := a.tree["/b"]; f.Hard != "/a" || f.Size != 5 {
			t.Errorf("/b is %+v", f)
		}
		for p, want := range map[string]string{"/sub/abs": "/sub/x", "/sub/rel": "../a"} {
			if f := a.tree[p]; f.Link != want || f.Mode&fs.ModeSymlink == 0 {
				t.Errorf("%s is %+v", p, f)
			}
		}
		open := opener(ctx, a)
		for p, want := range map[string]int{"/sub/x": 100_000, "/a": 5} {
			if data, err := open(p); err != nil || len(data) != want {
				t.Errorf("%s has %d bytes, %v", p, len(data), err)
			}
		}
		for _, p := range []string{"/none", "/sub", "/a"} {
			if _, err := open(p); !errors.Is(err, fs.ErrNotExist) {
				t.Errorf("%s opens: %v", p, err)
			}
		}
		return nil
	})
	if err := g.Wait(); err != nil {
		t.Fatal(err)
	}
}

// TestLinksIntoALowerLayerAreFilesOfTheirOwn: that is what an image of the containerd store has of them.
func TestLinksIntoALowerLayerAreFilesOfTheirOwn(t *testing.T) {
	file := func(p, hard string) File { return File{Path: p, Mode: 0o644, Size: 10, Hard: hard} }
	tree := func(files ...File) Tree {
		out := Tree{}
		for _, f := range files {
			out[f.Path] = f
		}
		return out
	}
	for name, tt := range map[string]struct {
		under, over Tree
		// hard are the links that are left in over.
		hard         map[string]string
		layer, whole int64
	}{
		"within a layer":          {tree(), tree(file("/a", ""), file("/b", "/a")), map[string]string{"/b": "/a"}, 10, 10},
		"both in the lower one":   {tree(file("/a", ""), file("/b", "/a")), tree(file("/a", ""), file("/b", "/a")), map[string]string{"/b": "/a"}, 0, 10},
		"onto the lower one":      {tree(file("/a", "")), tree(file("/a", ""), file("/b", "/a"), file("/c", "/a")), map[string]string{"/c": "/b"}, 10, 20},
		"named before it":         {tree(file("/b", "")), tree(file("/a", ""), file("/b", "/a")), nil, 10, 20},
		"the counting one goes":   {tree(file("/a", ""), file("/b", "/a")), tree(file("/b", "")), nil, 0, 10},
		"and in the layer above":  {tree(file("/a", ""), file("/b", "")), tree(file("/a", ""), file("/b", "/a")), nil, 0, 20},
		"both written by a layer": {tree(file("/a", "")), tree(File{Path: "/a", Mode: 0o600, Size: 10}, File{Path: "/b", Mode: 0o600, Size: 10, Hard: "/a"}), map[string]string{"/b": "/a"}, 10, 10},
	} {
		separate(tt.under, tt.over)
		left := map[string]string{}
		for p, f := range tt.over {
			if f.Hard != "" {
				left[p] = f.Hard
			}
		}
		if !maps.Equal(left, tt.hard) {
			t.Errorf("%s: links %v, want %v", name, left, tt.hard)
		}
		if layer, whole := layerBetween(tt.under, tt.over).contents(), tt.over.bytes(); layer != tt.layer || whole != tt.whole {
			t.Errorf("%s: a layer of %d bytes, %d in all; want %d and %d", name, layer, whole, tt.layer, tt.whole)
		}
	}
}
