package tree

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"runtime"
	"slices"
	"sync"
	"syscall"
)

// scanner builds new nodes from what is on the disk, and keeps the old ones where nothing changed.
type scanner struct {
	ctx   context.Context
	root  string
	rules *Rules
	// slots bounds the number of goroutines that walk.
	slots chan struct{}
	// bare says that no file is to be read, so that a touch looks like a change.
	bare bool

	mu sync.Mutex
	// left is what own rules leave out, as far as the scanner met it.
	left []IgnoredPath
}

// leave records a path that an own rule leaves out, unless the rule leaves out the folder above it, too.
func (s *scanner) leave(rel string, above []bool, by int) {
	if p := &s.rules.patterns[by]; p.own && !above[by] {
		s.note(rel, p.rule())
	}
}

func (s *scanner) note(rel string, rule Rule) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.left = append(s.left, IgnoredPath{rel, rule, true})
}

func newScanner(ctx context.Context, root string, rules *Rules) *scanner {
	return &scanner{ctx: ctx, root: root, rules: rules, slots: make(chan struct{}, 2*runtime.GOMAXPROCS(0))}
}

func (s *scanner) abs(rel string) string { return filepath.Join(s.root, filepath.FromSlash(rel)) }

// path reads one path with everything below it. It returns nil if the path does not exist or is not in the context.
// Above says whether each rule matched the folder that contains it. Old is the last node of the path, or nil.
func (s *scanner) path(rel, name string, above []bool, old *node) *node {
	m, err := statPath(s.abs(rel))
	if err != nil {
		if ignored, _ := s.rules.eval(rel, false, above, nil); ignored && old == nil {
			return nil
		}
		return unread(name, old, err)
	}
	var own []bool
	if m.mode.IsDir() {
		own = make([]bool, len(above))
	}
	ignored, _ := s.rules.eval(rel, m.mode.IsDir(), above, own)
	if !m.mode.IsDir() {
		if ignored {
			return nil
		}
		return s.leaf(rel, name, m, old)
	}
	return s.folder(rel, name, m, ignored, own, old)
}

// folder reads a folder whose stat is known. An ignored folder is in the context only if a negated rule re-includes
// something below it; otherwise folder returns nil.
func (s *scanner) folder(rel, name string, m meta, ignored bool, own []bool, old *node) *node {
	if ignored && rel != "" && !s.rules.reincludes(rel) {
		return nil
	}
	if old != nil && !old.mode.IsDir() {
		old = nil
	}
	kids, fault := s.kids(rel, own, old)
	if ignored && len(kids) == 0 && (fault == nil || errors.Is(fault, fs.ErrPermission)) {
		return nil
	}
	return s.reconcile(rel, &node{name: name, meta: m, kids: kids, fault: fault}, old)
}

func (s *scanner) leaf(rel, name string, m meta, old *node) *node {
	if s.rules.writes(s.abs(rel), m) {
		s.note(rel, Rule{Text: path.Base(rel), Note: writtenHere})
		return nil
	}
	n := &node{name: name, meta: m}
	if m.mode.Type() == fs.ModeSymlink {
		link, err := os.Readlink(s.abs(rel))
		if errors.Is(err, syscall.EINVAL) {
			return nil // it is not a link any more
		}
		if err != nil {
			return unread(name, old, err)
		}
		n.link = link
	}
	return s.reconcile(rel, n, old)
}

// unread returns the node of a path that could not be read: nil if the path does not exist, else what it was before,
// which counts until the path can be read again.
func unread(name string, old *node, err error) *node {
	if isGone(err) {
		return nil
	}
	n := &node{name: name, fault: err, faulty: true}
	if old != nil {
		n.meta, n.link, n.kids = old.meta, old.link, old.kids
		n.known.Store(old.known.Load())
	}
	return n
}

func isGone(err error) bool {
	return errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR)
}

// list opens a folder and returns the sorted names in it.
func list(path string) (dir *os.File, names []string, err error) {
	if dir, err = os.Open(path); err != nil {
		return nil, nil, err
	}
	if names, err = dir.Readdirnames(-1); err != nil {
		dir.Close()
		return nil, nil, err
	}
	slices.Sort(names)
	return dir, names, nil
}

// kids reads the children of a folder. They are none if the folder is gone, and those of before, with the reason, if it
// can't be read.
func (s *scanner) kids(rel string, above []bool, old *node) (kids []*node, fault error) {
	if s.ctx.Err() != nil {
		return nil, nil
	}
	dir, names, err := list(s.abs(rel))
	switch {
	case err == nil:
	case isGone(err):
		return nil, nil
	case old == nil:
		return nil, err
	default:
		return old.kids, err
	}

	kids = make([]*node, len(names))
	var folders []pendingFolder
	scratch := make([]bool, len(above))
	for i, name := range names {
		kidRel := join(rel, name)
		ignored, by := s.rules.eval(kidRel, false, above, scratch)
		if ignored && !s.rules.ofFiles(by) && !s.rules.reincludes(kidRel) {
			s.leave(kidRel, above, by)
			continue
		}
		var oldKid *node
		if old != nil {
			oldKid = old.kid(name)
		}
		m, err := statAt(int(dir.Fd()), name)
		if err == nil && ignored {
			if m.mode.IsDir() {
				// A rule for files does not apply to it.
				ignored, by = s.rules.eval(kidRel, true, above, scratch)
			}
			if ignored {
				s.leave(kidRel, above, by)
			}
			if ignored && (!m.mode.IsDir() || !s.rules.reincludes(kidRel)) {
				continue
			}
		}
		switch {
		case err != nil:
			if oldKid != nil || !ignored {
				kids[i] = unread(name, oldKid, err) // most often it was deleted after the listing
			}
		case m.mode.IsDir():
			folders = append(folders, pendingFolder{i, kidRel, m, ignored, slices.Clone(scratch), oldKid})
		default:
			kids[i] = s.leaf(kidRel, name, m, oldKid)
		}
	}
	dir.Close() // before going down, so that a deep tree does not use up descriptors

	var wg sync.WaitGroup
	for _, f := range folders {
		read := func() { kids[f.index] = s.folder(f.rel, names[f.index], f.meta, f.ignored, f.own, f.old) }
		select {
		case s.slots <- struct{}{}:
			wg.Go(func() {
				defer func() { <-s.slots }()
				read()
			})
		default:
			read()
		}
	}
	wg.Wait()
	return slices.DeleteFunc(kids, func(n *node) bool { return n == nil }), nil
}

// pendingFolder is a folder that was listed and not yet read.
type pendingFolder struct {
	index   int
	rel     string
	meta    meta
	ignored bool
	own     []bool
	old     *node
}
