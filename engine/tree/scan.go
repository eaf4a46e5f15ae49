package tree

import (
	"context"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"
)

// scanner builds new nodes out of what is on the disk, and keeps the old ones where nothing changed.
type scanner struct {
	ctx   context.Context
	root  string
	rules *Rules
	// slots bounds the goroutines that walk.
	slots chan struct{}
	// bare has no file read, and nothing said of what changed.
	bare bool

	mu sync.Mutex
	// left is what own rules leave out, as far as it was met.
	left []IgnoredPath
}

// leave notes what is not in the context, where it is an own rule that says so and did not say it of the folder above.
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

// path reads one path with all below it. It returns nil where the path is not there or not in the
// context. above is what each rule made of the folder that holds it; old is what was known of it, or nil.
func (s *scanner) path(rel, name string, above []bool, old *node) *node {
	m, err := statPath(s.abs(rel))
	if err != nil {
		return nil
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

// folder reads a folder whose stat is known. An ignored folder is in the context only for the sake of what
// a negated rule re-includes below it, and is nil where there is nothing of the kind.
func (s *scanner) folder(rel, name string, m meta, ignored bool, own []bool, old *node) *node {
	if ignored && rel != "" && !s.rules.reincludes(rel) {
		return nil
	}
	if old != nil && !old.mode.IsDir() {
		old = nil
	}
	kids := s.kids(rel, own, old)
	if ignored && len(kids) == 0 {
		return nil
	}
	return s.settle(rel, &node{name: name, meta: m, kids: kids}, old)
}

func (s *scanner) leaf(rel, name string, m meta, old *node) *node {
	if s.rules.writes(s.abs(rel), m) {
		s.note(rel, Rule{Text: path.Base(rel), Note: writtenHere})
		return nil
	}
	n := &node{name: name, meta: m}
	if m.mode.Type() == fs.ModeSymlink {
		link, err := os.Readlink(s.abs(rel))
		if err != nil {
			return nil // gone since the stat
		}
		n.link = link
	}
	return s.settle(rel, n, old)
}

// kids reads what a folder holds. A folder that cannot be read, or is gone since, holds nothing.
func (s *scanner) kids(rel string, above []bool, old *node) []*node {
	if s.ctx.Err() != nil {
		return nil
	}
	dir, err := os.Open(s.abs(rel))
	if err != nil {
		return nil
	}
	names, _ := dir.Readdirnames(-1) // what could be read counts
	slices.Sort(names)

	kids := make([]*node, len(names))
	var folders []pendingFolder
	scratch := make([]bool, len(above))
	for i, name := range names {
		kidRel := join(rel, name)
		ignored, by := s.rules.eval(kidRel, false, above, scratch)
		if ignored && !s.rules.ofFiles(by) && !s.rules.reincludes(kidRel) {
			s.leave(kidRel, above, by)
			continue
		}
		m, err := statAt(int(dir.Fd()), name)
		if err != nil {
			continue // gone since the listing
		}
		if ignored && m.mode.IsDir() {
			// What is a rule for files does not count for it.
			ignored, by = s.rules.eval(kidRel, true, above, scratch)
		}
		if ignored {
			s.leave(kidRel, above, by)
			if !m.mode.IsDir() || !s.rules.reincludes(kidRel) {
				continue
			}
		}
		var oldKid *node
		if old != nil {
			oldKid = old.kid(name)
		}
		switch {
		case m.mode.IsDir():
			folders = append(folders, pendingFolder{i, kidRel, m, ignored, slices.Clone(scratch), oldKid})
		default:
			kids[i] = s.leaf(kidRel, name, m, oldKid)
		}
	}
	dir.Close() // before going down: the depth of the tree must not cost descriptors

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
	return slices.DeleteFunc(kids, func(n *node) bool { return n == nil })
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

// settle decides between a node just read and the old one of the same path, and takes over what was known
// of the content, or finds out whether it is still so. Where that cannot be told the new node is returned
// without facts, which reads as a change: building once too often is safe.
func (s *scanner) settle(rel string, n, old *node) *node {
	if s.bare {
		return n
	}
	n.racy = isRacy(n.meta, time.Now())
	if old == nil || !sameKind(n.mode, old.mode) {
		return n
	}
	if n.told() == old.told() {
		n.again = old.again + 1
	}
	known := old.known.Load()
	racy := old.racy
	if known != nil {
		racy = known.racy
	}
	if n.meta == old.meta && n.link == old.link && !racy {
		if slices.Equal(n.kids, old.kids) {
			return old
		}
		n.known.Store(known)
		return n
	}
	if known == nil || n.size != old.size || !n.wantsFacts() {
		return n
	}
	if fresh, err := examine(s.abs(rel), n.meta); err == nil {
		n.known.Store(fresh)
	}
	return n
}

func join(dir, name string) string {
	if dir == "" {
		return name
	}
	return strings.Join([]string{dir, name}, "/")
}
