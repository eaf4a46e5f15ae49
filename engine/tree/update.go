package tree

import (
	"cmp"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/stagewatch/stagewatch/engine/event"
)

// marks are the paths to read again, relative to a folder. They are sorted, so that those below one child are adjacent.
type marks []string

// newMarks cleans the paths and drops those outside of the context.
func newMarks(paths []string) marks {
	var out marks
	for _, p := range paths {
		p = path.Clean(filepath.ToSlash(p))
		if path.IsAbs(p) || p == ".." || strings.HasPrefix(p, "../") {
			continue
		}
		out = append(out, p)
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// byChild splits the marks by the child that they name or are below. Whole says that the child itself is named.
func (m marks) byChild() []childMarks {
	groups := map[string]*childMarks{}
	for _, p := range m {
		name, rest, below := strings.Cut(p, "/")
		g := groups[name]
		if g == nil {
			g = &childMarks{name: name}
			groups[name] = g
		}
		if below {
			g.below = append(g.below, rest)
		} else {
			g.whole = true
		}
	}
	sorted := make([]childMarks, 0, len(groups))
	for _, g := range groups {
		sorted = append(sorted, *g)
	}
	slices.SortFunc(sorted, func(a, b childMarks) int { return cmp.Compare(a.name, b.name) })
	return sorted
}

type childMarks struct {
	name  string
	whole bool
	below marks
}

// marked reads again what is marked below the folder old, whose stat is m. It returns the folder as it is now: old
// itself if nothing changed, nil if the folder is ignored and nothing in it is in the context any more.
func (s *scanner) marked(rel string, m meta, ignored bool, own []bool, old *node, ms marks) *node {
	changed := make([]*node, 0, len(ms))
	var names []string
	for _, group := range ms.byChild() {
		names = append(names, group.name)
		changed = append(changed, s.child(join(rel, group.name), group, own, old.kid(group.name)))
	}
	kids := merge(old.kids, names, changed)
	if ignored && len(kids) == 0 {
		return nil
	}
	return s.reconcile(rel, &node{name: old.name, meta: m, kids: kids}, old)
}

func (s *scanner) child(rel string, group childMarks, above []bool, old *node) *node {
	if group.whole || old == nil || !old.mode.IsDir() {
		return s.path(rel, group.name, above, old)
	}
	m, err := statPath(s.abs(rel))
	if err != nil || !m.mode.IsDir() || old.fault != nil {
		return s.path(rel, group.name, above, old)
	}
	own := make([]bool, len(above))
	ignored, _ := s.rules.eval(rel, true, above, own)
	return s.marked(rel, m, ignored, own, old, group.below)
}

// merge replaces the kids with the names by the fresh nodes. A fresh node may be nil, for none.
func merge(kids []*node, names []string, fresh []*node) []*node {
	merged := make([]*node, 0, len(kids)+len(names))
	for i, name := range names {
		for len(kids) > 0 && kids[0].name < name {
			merged = append(merged, kids[0])
			kids = kids[1:]
		}
		if len(kids) > 0 && kids[0].name == name {
			kids = kids[1:]
		}
		if fresh[i] != nil {
			merged = append(merged, fresh[i])
		}
	}
	return append(merged, kids...)
}

// report sorts the given paths by what became of them.
func (t *Tree) report(named marks, old, fresh *Snapshot) Changes {
	var c Changes
	diff(old.root, fresh.root, "", &c.Changed)
	sortChanges(c.Changed)
	for _, p := range named {
		if p == "." || holdsChange(c.Changed, p) {
			continue
		}
		if old.find(p) == nil && fresh.find(p) == nil {
			if rule, ignored := t.Rejects(p); ignored {
				c.Ignored = append(c.Ignored, IgnoredPath{p, rule, rule.Own() || t.rules.ownRuleFor(p)})
				continue
			}
		}
		c.Unchanged = append(c.Unchanged, p)
	}
	return c
}

// holdsChange reports whether p or something below it is among the changes, which are sorted.
func holdsChange(changes []event.Change, p string) bool {
	byPath := func(c event.Change, p string) int { return strings.Compare(c.Path, p) }
	if _, ok := slices.BinarySearchFunc(changes, p, byPath); ok {
		return true
	}
	i, _ := slices.BinarySearchFunc(changes, p+"/", byPath)
	return i < len(changes) && strings.HasPrefix(changes[i].Path, p+"/")
}
