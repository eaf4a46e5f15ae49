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

// Copy returns the name of the copy that BuildKit may compare the context with; see sentCopy. It is empty for the usual
// name.
func (s *Snapshot) Copy() string { return s.copy }

// Unread returns the paths that could not be read, and why.
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

// Hides reports whether the path is in a folder that could not be read, so that it may exist.
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

// Linked returns the files with several names (hard links) that are new or different from another state of the context.
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

// HasOtherNames reports whether the path is a file with further names: hard links, in the context or elsewhere.
func (s *Snapshot) HasOtherNames(rel string) bool {
	n := s.find(rel)
	return n != nil && n.linked && n.mode.IsRegular()
}

// Entry is one path of the context.
type Entry struct {
	// Mode has the type, the permissions and the setuid, setgid and sticky bits.
	Mode     fs.FileMode
	UID, GID uint32
	// Size is in bytes, 0 for everything but regular files.
	Size    int64
	ModTime time.Time
	// Link is the target of a symbolic link.
	Link string
	// Device is the number of a device, 0 for everything else.
	Device uint64
}

// Rules returns the rules that the context was read by.
func (s *Snapshot) Rules() *Rules { return s.rules }

// Lookup returns the entry of a path, slash-separated and relative to the root.
func (s *Snapshot) Lookup(rel string) (Entry, bool) {
	n := s.find(rel)
	if n == nil {
		return Entry{}, false
	}
	return n.entry(), true
}

// Walk calls fn for the path prefix and everything below it, a folder before its content and the names in a folder in
// byte order, until fn returns false. It does not call fn for the root, "".
func (s *Snapshot) Walk(prefix string, fn func(rel string, e Entry) bool) {
	prefix = strings.Trim(path.Clean("/"+prefix), "/")
	n := s.find(prefix)
	if n == nil {
		return
	}
	visit := func(rel string, n *node) bool { return rel == "" || fn(rel, n.entry()) }
	n.each(prefix, visit)
}

// Names returns the names of what a folder holds, in byte order; none if it is no folder of the context.
func (s *Snapshot) Names(dir string) []string {
	n := s.find(strings.Trim(path.Clean("/"+dir), "/"))
	if n == nil {
		return nil
	}
	names := make([]string, len(n.kids))
	for i, k := range n.kids {
		names[i] = k.name
	}
	return names
}

// Digest returns the digest of a regular file's content in this snapshot, and reads the file if the digest is not known
// yet. It fails if the file is not in the context, can't be read, or has changed after the snapshot was taken.
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

// learn reads the node's facts.
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

// each calls fn for the node and everything below it until fn returns false, and returns false then.
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

// unlike calls fn for the nodes that differ from those of another state of the same folder until fn returns false, and
// returns false then.
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
