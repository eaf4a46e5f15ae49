package tree

import (
	"context"
	"io/fs"
)

// Unnoticed returns the paths that differ between the disk and the tree, by their stats alone: they were written to,
// and Update was not called with them. It changes nothing.
func (t *Tree) Unnoticed(ctx context.Context) ([]string, error) {
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
	var paths []string
	unnoticed(old.root, fresh, "", &paths)
	return paths, ctx.Err()
}

// unnoticed appends what differs between two states of the same folder. If a whole folder was created or deleted, it
// appends only the folder.
func unnoticed(old, fresh *node, rel string, out *[]string) {
	a, b := old.kids, fresh.kids
	for len(a) > 0 || len(b) > 0 {
		switch {
		case len(b) == 0 || len(a) > 0 && a[0].name < b[0].name:
			*out = append(*out, join(rel, a[0].name))
			a = a[1:]
		case len(a) == 0 || b[0].name < a[0].name:
			*out = append(*out, join(rel, b[0].name))
			b = b[1:]
		default:
			path := join(rel, b[0].name)
			if stamp(a[0]) != stamp(b[0]) || a[0].link != b[0].link {
				*out = append(*out, path)
			} else {
				unnoticed(a[0], b[0], path, out)
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
