package tree

import (
	"path"
	"slices"
	"strings"
)

// Same reports whether nothing at or below the paths differs from another state of the context, not even in its times.
// A path may have wildcards; no paths mean the whole context. Same returns false if a path leads through a symbolic
// link, because it does not look at the target.
func (s *Snapshot) Same(other *Snapshot, paths []string) bool {
	if s.root == other.root {
		return true
	}
	return len(paths) > 0 && !slices.ContainsFunc(paths, func(p string) bool {
		p = strings.Trim(path.Clean("/"+p), "/")
		return p == "" || !same(s.root, other.root, p)
	})
}

// same compares what two states of a folder have at the path rel.
func same(a, b *node, rel string) bool {
	name, rest, deeper := strings.Cut(rel, "/")
	as, bs := a.matching(name), b.matching(name)
	if len(as) != len(bs) {
		return false
	}
	for i := range as {
		isLink := as[i].link != "" || bs[i].link != ""
		switch {
		case as[i].name != bs[i].name, isLink:
			return false
		case deeper && !same(as[i], bs[i], rest), !deeper && as[i] != bs[i]:
			return false
		}
	}
	return true
}

// matching returns the children with the name, which may be a pattern.
func (n *node) matching(name string) []*node {
	if !strings.ContainsAny(name, `*?[\`) {
		if k := n.kid(name); k != nil {
			return []*node{k}
		}
		return nil
	}
	var found []*node
	for _, k := range n.kids {
		if ok, err := path.Match(name, k.name); ok || err != nil {
			found = append(found, k)
		}
	}
	return found
}
