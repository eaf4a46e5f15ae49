package tree

import (
	"cmp"
	"crypto/sha256"
	"errors"
	"io/fs"
	"slices"
	"sync/atomic"
	"time"
)

// racyGrain is how long after a change a further one might leave no trace in a file's times: the clocks of
// file systems tick between some milliseconds and two seconds. What was read earlier than this after the
// last change is read again the next time it is asked for.
const racyGrain = 2 * time.Second

// maxHashed is the size in bytes up to which files are hashed unasked. Beyond it a touch is reported as a
// change of content, and BuildKit finds out that it is none.
const maxHashed = 256 << 20

var errMoving = errors.New("the file changes while it is read")

// Digest is the SHA-256 of a file's content.
type Digest [sha256.Size]byte

// node is one path of the context. Nodes never change once they are published, but for known, which goes
// from nil to its value once.
type node struct {
	name string
	meta
	link string
	// racy tells that meta was taken within racyGrain of the last change.
	racy bool
	// kids are sorted by name; all of them are in the context. Of a folder that could not be read they are
	// those of before.
	kids  []*node
	known atomic.Pointer[facts]
	// fault is why the path could not be read, nil where it could. faulty tells of a fault here or below.
	fault  error
	faulty bool
}

// facts is what takes reading to know.
type facts struct {
	digest Digest // of regular files
	xattrs uint64
	racy   bool
}

func isRacy(m meta, now time.Time) bool {
	return max(m.ctime, m.mtime) > now.Add(-racyGrain).UnixNano()
}

// wantsFacts tells whether there is something to read that could tell a touch from a change.
func (n *node) wantsFacts() bool {
	return n.mode.IsDir() || n.mode.IsRegular() && n.size <= maxHashed
}

func (n *node) kid(name string) *node {
	i, ok := slices.BinarySearchFunc(n.kids, name, func(k *node, name string) int { return cmp.Compare(k.name, name) })
	if !ok {
		return nil
	}
	return n.kids[i]
}

// examine reads what the stat m does not tell of the file or folder at path. It fails with errMoving where
// the file is no longer what m describes.
func examine(path string, m meta) (*facts, error) {
	f := &facts{}
	if m.mode.IsRegular() {
		digest, err := hashFile(path, m)
		if err != nil {
			return nil, err
		}
		f.digest = digest
	}
	f.xattrs = sumAttributes(attributes(path))
	f.racy = isRacy(m, time.Now())
	return f, nil
}

// sameKind tells whether both are regular files, both folders, and so on.
func sameKind(a, b fs.FileMode) bool { return a.Type() == b.Type() }
