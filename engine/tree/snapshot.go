package tree

import (
	"fmt"
	"io/fs"
	"path"
	"path/filepath"
	"strings"
	"time"
)

// Snapshot is one state of the context. It never changes and is safe for concurrent use.
type Snapshot struct {
	dir   string
	root  *node
	rules *Rules
	copy  string
}

// Copy names what BuildKit may compare the context with, see told; empty is its usual name.
func (s *Snapshot) Copy() string { return s.copy }

// Unread lists the paths that could not be read, and why.
func (s *Snapshot) Unread() []*ReadError {
	var out []*ReadError
	var visit func(rel string, n *node)
	visit = func(rel string, n *node) {
		if n.fault != nil {
			out = append(out, newReadError(rel, n.fault))
		}
		for _, k := range n.kids {
			if k.faulty {
				visit(join(rel, k.name), k)
			}
		}
	}
	visit("", s.root)
	return out
}

// Hides reports whether the path lies in a folder that could not be read: it may be there.
func (s *Snapshot) Hides(rel string) bool {
	n := s.root
	for name := range strings.SplitSeq(rel, "/") {
		kid := n.kid(name)
		if kid == nil {
			return n.fault != nil
		}
		n = kid
	}
	return false
}

// Linked lists the files with other names that another state of the context does not share.
func (s *Snapshot) Linked(other *Snapshot) []string {
	before := &node{}
	if other != nil {
		before = other.root
	}
	var out []string
	s.root.unlike(before, "", func(rel string, n *node) bool {
		if n.linked && n.mode.IsRegular() {
			out = append(out, rel)
		}
		return true
	})
	return out
}

// HasOtherNames tells whether the path is a file with other names: hard links, in the context or elsewhere.
func (s *Snapshot) HasOtherNames(rel string) bool {
	n := s.find(rel)
	return n != nil && n.linked && n.mode.IsRegular()
}

// Entry is one path of the context.
type Entry struct {
	// Mode has the type, the permissions and the setuid, setgid and sticky bits.
	Mode     fs.FileMode
	UID, GID uint32
	// Size is in bytes, 0 for all but regular files.
	Size    int64
	ModTime time.Time
	// Link is where a symbolic link points to.
	Link string
	// Device is the number of a device, 0 for all else.
	Device uint64
}

// Rules are those that the context was read by.
func (s *Snapshot) Rules() *Rules { return s.rules }

// Lookup returns the entry of a path, slash-separated and relative to the root.
func (s *Snapshot) Lookup(rel string) (Entry, bool) {
	n := s.find(rel)
	if n == nil {
		return Entry{}, false
	}
	return n.entry(), true
}

// Walk calls fn for the path prefix and everything below it, a folder before what it holds and the names
// of a folder in byte order, until fn returns false. The root is "" and not itself among the paths.
func (s *Snapshot) Walk(prefix string, fn func(rel string, e Entry) bool) {
	prefix = strings.Trim(path.Clean("/"+prefix), "/")
	n := s.find(prefix)
	if n == nil {
		return
	}
	visit := func(rel string, n *node) bool { return rel == "" || fn(rel, n.entry()) }
	n.each(prefix, visit)
}

// Digest returns the digest of a regular file's content as of this snapshot, and reads the file where that
// is not known yet. It fails where the file is not one of the context, cannot be read or is not any more
// what it was when the snapshot was taken.
func (s *Snapshot) Digest(rel string) (Digest, error) {
	n := s.find(rel)
	if n == nil || !n.mode.IsRegular() {
		return Digest{}, fmt.Errorf("hashing %s: %w", rel, ErrNotFile)
	}
	if err := s.learn(rel, n); err != nil {
		return Digest{}, fmt.Errorf("hashing %s: %w", rel, err)
	}
	return n.known.Load().digest, nil
}

// learn makes the node's facts known.
func (s *Snapshot) learn(rel string, n *node) error {
	if n.known.Load() != nil {
		return nil
	}
	f, err := examine(s.abs(rel), n.meta)
	if err != nil {
		return err
	}
	n.known.CompareAndSwap(nil, f)
	return nil
}

func (s *Snapshot) abs(rel string) string { return filepath.Join(s.dir, filepath.FromSlash(rel)) }

func (s *Snapshot) find(rel string) *node {
	n := s.root
	if rel == "" || rel == "." {
		return n
	}
	for name := range strings.SplitSeq(rel, "/") {
		if n = n.kid(name); n == nil {
			return nil
		}
	}
	return n
}

// each visits the node and all below it until fn returns false; it returns false where fn did.
func (n *node) each(rel string, fn func(rel string, n *node) bool) bool {
	if !fn(rel, n) {
		return false
	}
	for _, k := range n.kids {
		if !k.each(join(rel, k.name), fn) {
			return false
		}
	}
	return true
}

// unlike visits the nodes that another state of the same folder does not share, until fn returns false; it
// returns false where fn did.
func (n *node) unlike(other *node, rel string, fn func(rel string, n *node) bool) bool {
	if !fn(rel, n) {
		return false
	}
	others := other.kids
	for _, k := range n.kids {
		for len(others) > 0 && others[0].name < k.name {
			others = others[1:]
		}
		twin := &node{}
		if len(others) > 0 && others[0].name == k.name {
			twin = others[0]
		}
		if twin != k && !k.unlike(twin, join(rel, k.name), fn) {
			return false
		}
	}
	return true
}

func (n *node) entry() Entry {
	e := Entry{Mode: n.mode, UID: n.uid, GID: n.gid, ModTime: time.Unix(0, n.mtime), Link: n.link}
	if n.mode&fs.ModeDevice != 0 {
		e.Device = uint64(n.size)
	} else {
		e.Size = n.size
	}
	return e
}
