package tree

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"time"
)

const (
	// keptTime is how far a file's time may lie from that of its inode's last change before some tool is taken to
	// have set it: a save takes a moment, from the write to the renaming.
	keptTime = 2 * time.Second
	// maxTold bounds how many former states are kept.
	maxTold = 50_000
)

// told knows what BuildKit may have been told of the context, and names the copy that BuildKit keeps of it.
//
// BuildKit compares a context with the copy that it was sent before under the same name, and asks only for files
// whose size, time, mode or link is another one. It misses a content that was written with the time kept, and the
// mode and extended attributes of a folder. Telling another time would not do: it would be the file's time in the
// image, where make and test -nt compare it with those of other files. So the copy gets another name, under which
// BuildKit has nothing yet, and is sent anew.
type told struct {
	// base is the name that the first state has, empty where nothing is odd about it. It is the same in every
	// session that finds the same, so that they share what was sent.
	base string
	// session and turn name the copies after the first.
	session string
	turn    int
	// former are the states that paths had since the name is what it is.
	former map[string][]*node
	count  int
}

// newTold begins with the first state of a context. What the copy holds from earlier sessions differs from it without
// BuildKit noticing only where a file's time was set, or where folders have other modes; so both are in the name.
func newTold(root *node) told {
	t := told{session: rand.Text()[:10], former: map[string][]*node{}}
	sum := sha256.New()
	odd := false
	root.each("", func(rel string, n *node) bool {
		switch apart := time.Duration(n.ctime - n.mtime).Abs(); {
		case n.mode.IsDir() && n.mode != root.mode:
			fmt.Fprintf(sum, "%s\x00%o\x00", rel, n.mode)
		case n.mode.IsRegular() && apart > keptTime:
			fmt.Fprintf(sum, "%s\x00%d %d\x00", rel, n.ctime, n.inode)
		default:
			return true
		}
		odd = true
		return true
	})
	if odd {
		t.base = hex.EncodeToString(sum.Sum(nil)[:8])
	}
	return t
}

// copy is the name of the copy.
func (t *told) copy() string {
	if t.turn == 0 {
		return t.base
	}
	return fmt.Sprintf("%s-%d", t.session, t.turn)
}

// change takes in that the context went from one state to another. Where the copy may hold something that BuildKit
// would take for what there is now, another copy begins.
func (t *told) change(old, fresh *node) {
	if t.takesFor(old, fresh, "") || t.count > maxTold {
		t.turn++
		t.count = 0
		clear(t.former)
	}
}

// takesFor goes through what differs between two states of the same path, of which one may be nil.
func (t *told) takesFor(old, fresh *node, rel string) bool {
	if old == fresh {
		return false
	}
	if old != nil {
		t.keep(rel, old)
	} else {
		old = &node{}
	}
	if fresh == nil {
		fresh = &node{}
	} else if slices.ContainsFunc(t.former[rel], func(was *node) bool { return takenFor(was, fresh) }) {
		return true
	}
	a, b := old.kids, fresh.kids
	for len(a) > 0 || len(b) > 0 {
		var was, is *node
		switch {
		case len(b) == 0 || len(a) > 0 && a[0].name < b[0].name:
			was, a = a[0], a[1:]
		case len(a) == 0 || b[0].name < a[0].name:
			is, b = b[0], b[1:]
		default:
			was, is, a, b = a[0], b[0], a[1:], b[1:]
		}
		name := ""
		if was != nil {
			name = was.name
		} else {
			name = is.name
		}
		if t.takesFor(was, is, join(rel, name)) {
			return true
		}
	}
	return false
}

// keep adds a state, in place of one that looks the same to BuildKit.
func (t *told) keep(rel string, n *node) {
	if n.mode.IsDir() {
		bare := &node{meta: n.meta} // what is in it has states of its own
		bare.known.Store(n.known.Load())
		n = bare
	} else if !n.mode.IsRegular() {
		return
	}
	for i, was := range t.former[rel] {
		if looksLike(was, n) {
			t.former[rel][i] = n
			return
		}
	}
	t.former[rel] = append(t.former[rel], n)
	t.count++
}

// looksLike tells whether BuildKit takes both for the same, by what it is told of them.
func looksLike(a, b *node) bool {
	if !sameKind(a.mode, b.mode) {
		return false
	}
	return a.mode.IsDir() || a.mode == b.mode && a.size == b.size && a.mtime == b.mtime
}

// takenFor tells whether BuildKit would take b for a although they may differ.
func takenFor(a, b *node) bool {
	if !looksLike(a, b) {
		return false
	}
	x, y := a.known.Load(), b.known.Load()
	both := x != nil && y != nil
	switch {
	case a.mode.IsDir():
		return a.mode != b.mode || both && x.xattrs != y.xattrs
	case both:
		return x.digest != y.digest || x.xattrs != y.xattrs
	}
	return a.racy || a.ctime != b.ctime || a.inode != b.inode
}
