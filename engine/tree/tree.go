// Package tree is the build context in memory: which paths are in it after the ignore rules were applied, what they
// are, and whether a path that was written to has really changed.
//
//	t, err := tree.Load(ctx, root, rules)
//	changes, err := t.Update(ctx, batch.Paths) // which of these changed, which did not, which are ignored
//	served := t.Snapshot().FS(false)           // for BuildKit, which asks for the stats of all and the content of few
//
// A [Tree] has one writer at a time (Update, Rescan and SetRules wait for each other) and any number of readers, which
// never wait: each state is an immutable [Snapshot], and shares with the one before everything that did not change.
//
// Content is hashed in the background from Load on, so that a later touch is known to change nothing. A file is
// reported as changed if it is touched before it was hashed, can't be read, keeps changing while it is read or is
// larger than 256 MB: building once too often is safe, building too rarely is not.
//
// A path that can't be read counts as what it was before. [Snapshot.Unread] lists it, and serving it fails.
//
// The package reads the disk when its methods are called. It does not watch, and knows nothing of Docker, of plans, or
// of Dockerfiles except for the name of the ignore file that belongs to one.
package tree

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
)

// Tree is a build context that is kept up to date by calls of Update with the paths that were written to.
type Tree struct {
	root string // as it was given; if it is a link, it may lead elsewhere later
	now  atomic.Pointer[Snapshot]
	// wake wakes the background goroutine when there are nodes without facts.
	wake chan struct{}

	mu    sync.Mutex    // held by the writer
	rules *Rules        // guarded by mu
	left  []IgnoredPath // guarded by mu
	sent  sentCopy      // guarded by mu
}

// Load reads the context at root, which must be a folder or a symbolic link to one; each update follows the link again.
// Ctx bounds the walk, and the hashing that goes on in the background after Load has returned.
func Load(ctx context.Context, root string, rules *Rules) (*Tree, error) {
	abs, err := filepath.Abs(root)
	if err != nil {
		return nil, fmt.Errorf("reading build context: %w", err)
	}
	t := &Tree{root: abs, rules: rules, wake: make(chan struct{}, 1)}
	fresh, err := t.scan(ctx, rules, nil)
	if err != nil {
		return nil, err
	}
	t.sent = newSentCopy(fresh.root)
	t.publish(fresh, rules)
	go t.learn(ctx)
	return t, nil
}

// Root returns the context's folder at the last update, absolute and free of symbolic links.
func (t *Tree) Root() string { return t.Snapshot().dir }

// Snapshot returns the context as of the last update.
func (t *Tree) Snapshot() *Snapshot { return t.now.Load() }

// Holds reports whether a file has that content on the disk right now. It is false of a file too large to tell soon.
func (t *Tree) Holds(rel string, content Digest) bool {
	path := t.Snapshot().abs(rel)
	m, err := statPath(path)
	if err != nil || m.size > maxHashed {
		return false
	}
	now, err := hashFile(path, m)
	return err == nil && now == content
}

// Update reads the paths again, folders with everything in them, and returns what became of each. Paths are
// slash-separated and relative to the root; paths outside of it are dropped. If the root can't be read or ctx ends, it
// returns an error and changes nothing.
func (t *Tree) Update(ctx context.Context, paths []string) (Changes, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	named := newMarks(paths)
	old := t.now.Load()
	work := slices.DeleteFunc(slices.Clone(named), func(p string) bool { return t.outOfSight(old, p) })
	if len(work) == 0 {
		return t.report(named, old, old), nil
	}
	fresh, err := t.reread(ctx, old, work)
	if err != nil {
		return Changes{}, err
	}
	return t.report(named, old, t.publish(fresh, t.rules)), nil
}

// reread reads the paths again, or the whole context if that is not enough.
func (t *Tree) reread(ctx context.Context, old *Snapshot, paths marks) (state, error) {
	dir, m, err := t.folder()
	if err != nil {
		return state{}, err
	}
	if dir != old.dir || old.root.fault != nil || slices.Contains(paths, ".") {
		return t.scan(ctx, t.rules, old.root)
	}
	t.rules.lookBehind()
	root := newScanner(ctx, dir, t.rules).marked("", m, false, t.rules.above(""), old.root, paths)
	if err := ctx.Err(); err != nil {
		return state{}, fmt.Errorf("reading changed paths: %w", err)
	}
	return state{dir, root}, nil
}

// Rescan compares the whole context with the disk. Unchanged and Ignored stay empty.
func (t *Tree) Rescan(ctx context.Context) (Changes, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.rescan(ctx, t.rules)
}

// SetRules applies other ignore rules. It reports what entered the context as added and what left it as deleted, and
// whatever else has changed meanwhile.
func (t *Tree) SetRules(ctx context.Context, rules *Rules) (Changes, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	changes, err := t.rescan(ctx, rules)
	if err == nil {
		t.rules = rules
	}
	return changes, err
}

func (t *Tree) rescan(ctx context.Context, rules *Rules) (Changes, error) {
	old := t.now.Load()
	fresh, err := t.scan(ctx, rules, old.root)
	if err != nil {
		return Changes{}, err
	}
	return t.report(nil, old, t.publish(fresh, rules)), nil
}

// state is the content of the folder dir when it was read.
type state struct {
	dir  string
	root *node
}

// scan reads the whole context.
func (t *Tree) scan(ctx context.Context, rules *Rules, old *node) (state, error) {
	dir, m, err := t.folder()
	if err != nil {
		return state{}, err
	}
	rules.lookBehind()
	s := newScanner(ctx, dir, rules)
	root := s.folder("", "", m, false, rules.above(""), old)
	if err := ctx.Err(); err != nil {
		return state{}, fmt.Errorf("reading build context: %w", err)
	}
	slices.SortFunc(s.left, func(a, b IgnoredPath) int { return strings.Compare(a.Path, b.Path) })
	t.left = s.left
	return state{dir, root}, nil
}

// folder returns the folder that the root is at the moment, with all links followed.
func (t *Tree) folder() (dir string, m meta, err error) {
	if dir, err = filepath.EvalSymlinks(t.root); err == nil {
		m, err = statPath(dir)
	}
	if err == nil && !m.mode.IsDir() {
		err = fmt.Errorf("%s: %w", dir, syscall.ENOTDIR)
	}
	if err != nil {
		return "", meta{}, fmt.Errorf("reading build context: %w", err)
	}
	return dir, m, nil
}

// outOfSight reports whether the path is ignored and can't lead to anything in the context. That saves reading an
// ignored folder again for each file that is created and deleted in it.
func (t *Tree) outOfSight(old *Snapshot, p string) bool {
	if old.find(p) != nil {
		return false
	}
	ignored, by := t.rules.match(p, false)
	if !ignored {
		return false
	}
	if !t.rules.ofFiles(by) && !t.rules.reincludes(p) {
		return true
	}
	m, err := statPath(filepath.Join(old.dir, filepath.FromSlash(p)))
	return err != nil || !m.mode.IsDir()
}

// publish makes the state visible to readers, and wakes the background goroutine for what is new.
func (t *Tree) publish(fresh state, rules *Rules) *Snapshot {
	if old := t.now.Load(); old != nil {
		t.sent.change(old.root, fresh.root)
	}
	s := &Snapshot{dir: fresh.dir, root: fresh.root, rules: rules, copy: t.sent.name()}
	t.now.Store(s)
	select {
	case t.wake <- struct{}{}:
	default: // it is awake already
	}
	return s
}

// learn hashes what has no digest yet, again after each new state, until ctx ends.
func (t *Tree) learn(ctx context.Context) {
	seen := &node{}
	for {
		select {
		case <-ctx.Done():
			return
		case <-t.wake:
		}
		s := t.now.Load()
		s.root.unlike(seen, "", func(rel string, n *node) bool {
			if n.wantsFacts() {
				s.learn(rel, n) // an error leaves it unknown
			}
			return ctx.Err() == nil
		})
		seen = s.root
	}
}

// ErrNotFile says that a path is not a regular file of the context.
var ErrNotFile = errors.New("not a regular file of the build context")
