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
	// keptTime is how far a file's time may be from that of its inode's last change if no tool has set it: a save takes
	// a moment from the write to the renaming.
	keptTime = 2 * time.Second
	// maxSent bounds how many former states are kept.
	maxSent = 50_000
)

// sentCopy records what BuildKit may have been sent of the context, and names the copy that BuildKit keeps of it.
//
// BuildKit compares a context with the copy that it was sent before under the same name, and requests only the files
// whose size, time, mode or link differ. It misses a content that was written with an unchanged time, and the mode and
// extended attributes of a folder. Sending a changed time is no remedy: it would be the file's time in the image, where
// make and test -nt compare it with other files. So the copy gets another name, under which BuildKit has nothing yet.
type sentCopy struct {
	// base is the name of the first copy, empty if nothing about the context is odd. Sessions that find the same
	// context compute the same name, and so share what was sent.
	base string
	// session and turn are parts of the names of the later copies.
	session string
	turn    int
	// former are the states that paths had while the present copy was in use.
	former map[string][]*node
	count  int
}

// newSentCopy begins with the first state of a context. A copy from an earlier session can differ from it unnoticed only
// where a tool has set a file's time or a folder has an unusual mode, so both are part of the name.
func newSentCopy(root *node) sentCopy {
	t := sentCopy{session: rand.Text()[:10], former: map[string][]*node{}}
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

// name returns the name of the present copy.
func (t *sentCopy) name() string {
	if t.turn == 0 {
		return t.base
	}
	return fmt.Sprintf("%s-%d", t.session, t.turn)
}

// change records that the context changed from one state to another. It begins another copy if BuildKit could mistake
// something in the present copy for the new state.
func (t *sentCopy) change(old, fresh *node) {
	if t.mistakes(old, fresh, "") || t.count > maxSent {
		t.turn++
		t.count = 0
		clear(t.former)
	}
}

// mistakes reports whether BuildKit could mistake a former state for a new one, among what differs between two states
// of the same path. One of the states may be nil.
func (t *sentCopy) mistakes(old, fresh *node, rel string) bool {
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
	} else if slices.ContainsFunc(t.former[rel], func(was *node) bool { return mistaken(was, fresh) }) {
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
		if t.mistakes(was, is, join(rel, name)) {
			return true
		}
	}
	return false
}

// keep adds a state, and replaces one that looks the same to BuildKit.
func (t *sentCopy) keep(rel string, n *node) {
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

// looksLike reports whether both look the same to BuildKit.
func looksLike(a, b *node) bool {
	if !sameKind(a.mode, b.mode) {
		return false
	}
	return a.mode.IsDir() || a.mode == b.mode && a.size == b.size && a.mtime == b.mtime
}

// mistaken reports whether BuildKit would mistake b for a although they may differ.
func mistaken(a, b *node) bool {
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
