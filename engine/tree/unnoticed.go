package tree

import (
	"context"
	"io/fs"
)

// Unnoticed returns the paths that differ between the disk and the tree, by their stats alone: they were written to,
// and Update was not called with them. It changes nothing.
func (t *Tree) Unnoticed(ctx context.Context) ([]string, error) { return t.compare(ctx, false) }

// Doubtful returns what [Tree.Unnoticed] does, and the files whose stats would not tell: they were read so soon after a
// write that the next one may have left their times as they were. An Update with all of them leaves no write out.
func (t *Tree) Doubtful(ctx context.Context) ([]string, error) { return t.compare(ctx, true) }

func (t *Tree) compare(ctx context.Context, doubt bool) ([]string, error) {
	t.mu.Lock()
	rules, old := t.rules, t.now.Load()
	t.mu.Unlock()
	dir, m, err := t.folder()
	if err != nil {
		return nil, err
	}
	s := newScanner(ctx, dir, rules)
	s.bare = true
	fresh := s.folder("", "", m, false, rules.above(""), old.root)
	c := comparison{doubt: doubt}
	c.folders(old.root, fresh, "")
	return c.paths, ctx.Err()
}

// comparison collects the paths that differ between two states or, with doubt, may.
type comparison struct {
	doubt bool
	paths []string
}

// folders compares two states of the same folder. If a whole folder was created or deleted, only the folder is listed.
func (c *comparison) folders(old, fresh *node, rel string) {
	a, b := old.kids, fresh.kids
	for len(a) > 0 || len(b) > 0 {
		switch {
		case len(b) == 0 || len(a) > 0 && a[0].name < b[0].name:
			c.paths = append(c.paths, join(rel, a[0].name))
			a = a[1:]
		case len(a) == 0 || b[0].name < a[0].name:
			c.paths = append(c.paths, join(rel, b[0].name))
			b = b[1:]
		default:
			path := join(rel, b[0].name)
			if stamp(a[0]) != stamp(b[0]) || a[0].link != b[0].link || c.doubt && a[0].doubtful() {
				c.paths = append(c.paths, path)
			} else {
				c.folders(a[0], b[0], path)
			}
			a, b = a[1:], b[1:]
		}
	}
}

// stamp is the part of a node's stat that changes with a write. The times and the size of a folder follow from its
// content.
func stamp(n *node) meta {
	if n.mode&fs.ModeDir != 0 {
		return meta{mode: n.mode, uid: n.uid, gid: n.gid}
	}
	return n.meta
}

// doubtful reports whether the file may have been written to since it was read, although its stat is the same.
func (n *node) doubtful() bool {
	racy := n.racy
	if known := n.known.Load(); known != nil {
		racy = known.racy
	}
	return racy && n.mode.IsRegular()
}
