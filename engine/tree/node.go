package tree

import (
	"cmp"
	"crypto/sha256"
	"errors"
	"io/fs"
	"slices"
	"strings"
	"sync/atomic"
	"time"
)

// racyGrain is how soon after a change another one may leave the file's times as they are: the clocks of file systems
// tick every few milliseconds to two seconds. A file that was read sooner than this after its last change is read again
// the next time.
const racyGrain = 2 * time.Second

// maxHashed is the size in bytes up to which files are hashed in advance. A touch of a larger file is reported as a
// change of content, and BuildKit finds out that it is none.
const maxHashed = 256 << 20

var errMoving = errors.New("the file changes while it is read")

// Digest is the SHA-256 of a file's content.
type Digest [sha256.Size]byte

// node is one path of the context. A published node never changes, except that known is set once.
type node struct {
	name string
	meta
	link string
	// racy says that meta was read within racyGrain of the last change.
	racy bool
	// kids are the children that are in the context, sorted by name. For a folder that could not be read they are those
	// of the last time.
	kids  []*node
	known atomic.Pointer[facts]
	// fault is why the path could not be read, nil if it could. faulty says that there is a fault here or below.
	fault  error
	faulty bool
}

// facts are what can only be known by reading.
type facts struct {
	digest Digest // only of regular files
	xattrs uint64
	racy   bool
}

func isRacy(m meta, now time.Time) bool {
	return max(m.ctime, m.mtime) > now.Add(-racyGrain).UnixNano()
}

// wantsFacts reports whether reading the node could tell a touch from a change.
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

// examine reads the facts of the file or folder at path. It returns errMoving if the file is no longer as m says.
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

// sameKind reports whether both are regular files, both are folders, and so on.
func sameKind(a, b fs.FileMode) bool { return a.Type() == b.Type() }

func join(dir, name string) string {
	if dir == "" {
		return name
	}
	return strings.Join([]string{dir, name}, "/")
}
