package plan

import (
	"path"
	"strings"

	"github.com/moby/patternmatcher"

	"github.com/stagewatch/stagewatch/engine/event"
)

// selector is what a COPY, an ADD or a bind mount reads of a local context, as BuildKit's content key
// has it (cache/contenthash). Where the two could differ it errs towards reading too much.
type selector struct {
	// path is the source, possibly with wildcards, relative to the context or absolute in it.
	path               string
	wildcard, follow   bool
	includes, excludes []string
}

// maxLinkHops bounds the following of symbolic links that point at each other.
const maxLinkHops = 40

// reads tells whether the change is within the selection. links are the context's symbolic links.
func (s selector) reads(c Change, links map[string]string) bool {
	src := clean(s.path)
	_, isLink := links[c.Path]
	roots := []string{src}
	if s.follow {
		roots = followLinks(src, s.hasWildcards(), links)
	}
	for _, root := range roots {
		if s.readsBelow(root, c, isLink) {
			return true
		}
	}
	return false
}

func (s selector) hasWildcards() bool { return s.wildcard && strings.ContainsAny(s.path, `*?[\`) }

func clean(p string) string { return strings.TrimPrefix(path.Clean("/"+p), "/") }

// readsBelow tells whether the change matters to a selection that starts at root.
func (s selector) readsBelow(root string, c Change, isLink bool) bool {
	changed := clean(c.Path)
	if changed == "" {
		return root == "" && c.Kind != event.ModeChanged
	}
	// A folder above the source that comes, goes or becomes something else takes the source with it.
	if isAbove(changed, root, s.hasWildcards()) {
		return c.Kind == event.Deleted || c.Kind == event.ContentChanged || c.Kind == event.Added && (c.Dir || isLink)
	}
	rest, ok := matchRoot(root, changed, s.hasWildcards())
	if !ok {
		return false
	}
	if rest == "" {
		return true
	}
	return s.filtered(rest, c)
}

// filtered applies --parents' and --exclude's patterns to a path below the source.
func (s selector) filtered(rest string, c Change) bool {
	if len(s.includes) > 0 {
		m, err := patternmatcher.New(s.includes)
		if err != nil {
			return true
		}
		ok, err := m.MatchesOrParentMatches(rest)
		// The header of a folder counts where something below it is included: any may be.
		if err == nil && !ok && !c.Dir {
			return false
		}
	}
	if len(s.excludes) > 0 {
		m, err := patternmatcher.New(s.excludes)
		if err != nil || m.Exclusions() {
			return true
		}
		if ok, err := m.MatchesOrParentMatches(rest); err == nil && ok {
			return false
		}
	}
	return true
}

// isAbove tells whether dir is a proper ancestor of root, or of something that root's wildcards match.
func isAbove(dir, root string, wildcards bool) bool {
	d, r := strings.Split(dir, "/"), strings.Split(root, "/")
	if root == "" || len(d) >= len(r) {
		return false
	}
	return matchParts(r[:len(d)], d, wildcards)
}

// matchRoot tells whether changed is root or below it, and returns the path below.
func matchRoot(root, changed string, wildcards bool) (rest string, ok bool) {
	if root == "" {
		return changed, true
	}
	r, c := strings.Split(root, "/"), strings.Split(changed, "/")
	if len(c) < len(r) || !matchParts(r, c[:len(r)], wildcards) {
		return "", false
	}
	return strings.Join(c[len(r):], "/"), true
}

func matchParts(pattern, parts []string, wildcards bool) bool {
	for i := range pattern {
		if pattern[i] == parts[i] {
			continue
		}
		if !wildcards {
			return false
		}
		if ok, err := path.Match(pattern[i], parts[i]); err != nil || !ok {
			return false
		}
	}
	return true
}

// followLinks returns src and every path that it leads to through symbolic links of the context: links
// among its own components, and links that its wildcards match.
func followLinks(src string, wildcards bool, links map[string]string) []string {
	roots := []string{src}
	seen := map[string]bool{src: true}
	for i := 0; i < len(roots) && i < maxLinkHops; i++ {
		for link, target := range links {
			link = clean(link)
			rest := ""
			if isAbove(link, roots[i], wildcards) {
				parts := strings.Split(roots[i], "/")
				rest = strings.Join(parts[len(strings.Split(link, "/")):], "/")
			} else if r, ok := matchRoot(roots[i], link, wildcards); !ok || r != "" {
				continue
			}
			if !path.IsAbs(target) {
				target = path.Join("/", path.Dir(link), target)
			}
			to := clean(path.Join(target, rest))
			if !seen[to] {
				seen[to] = true
				roots = append(roots, to)
			}
		}
	}
	return roots
}
