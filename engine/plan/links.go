package plan

import (
	"path"
	"strings"
)

// maxLinkHops is the number of symbolic links that are followed at most, as in BuildKit.
const maxLinkHops = 255

// root is a path where a selection starts.
type root struct {
	path string
	// whole is set where BuildKit keys all that is there, because a selected link leads to it: the patterns say what is
	// copied, not what counts.
	whole bool
}

// roots returns the selector's path, and every path that it leads to through the context's symbolic links. links maps
// their paths to their targets.
func (s *selector) roots(links map[string]string) []root {
	if len(links) == 0 || s.path == "" && !s.deep {
		return []root{{path: s.path}}
	}
	f := follower{selector: s, links: links, seen: map[string]bool{}}
	f.walk("", strings.Split(s.path, "/"), false, 0)
	if s.deep {
		for _, from := range f.ends {
			for link, target := range links {
				if rest, ok := below(from.path, link, s.wildcards); ok && (rest == "" || s.filtered(rest, Change{})) {
					f.jump(link, target, nil, from.whole, 0)
				}
			}
		}
	}
	return f.found
}

// follower resolves a path part by part, as the file system does: ".." after a link is the parent of the link's target.
type follower struct {
	*selector
	links map[string]string
	seen  map[string]bool
	// found are the roots, ends those of them that are no links on the way to another one.
	found, ends []root
}

func (f *follower) add(r root) {
	if id := r.path + "\x00" + boolText(r.whole); !f.seen[id] {
		f.seen[id] = true
		f.found = append(f.found, r)
	}
}

// walk resolves the remaining parts below the folder at, which is itself resolved. whole is that of the root where they
// end.
func (f *follower) walk(at string, parts []string, whole bool, hops int) {
	for i, part := range parts {
		switch part {
		case "", ".":
			continue
		case "..":
			at = clean(path.Join("/", at, ".."))
			continue
		}
		at = path.Join(at, part)
		rest := parts[i+1:]
		if len(rest) == 0 && !f.follow {
			break
		}
		if target, ok := f.links[at]; ok {
			f.jump(at, target, rest, whole, hops)
			return
		}
		if !f.wildcards || !strings.ContainsAny(at, `*?[\`) {
			continue
		}
		for link, target := range f.links {
			if rest2, ok := below(at, link, true); ok && rest2 == "" {
				f.jump(link, target, rest, whole, hops)
			}
		}
	}
	f.add(root{at, whole})
	f.ends = append(f.ends, root{at, whole})
}

// jump resolves the target of a link and the rest of the path behind it, once for the same link and rest.
func (f *follower) jump(link, target string, rest []string, whole bool, hops int) {
	whole = whole || len(rest) == 0
	state := link + "\x00" + strings.Join(rest, "/") + "\x00" + boolText(whole)
	if hops == maxLinkHops || f.seen[state] {
		return
	}
	f.seen[state] = true
	f.add(root{path: link})
	at := ""
	if !path.IsAbs(target) {
		at = clean(path.Dir(link))
	}
	f.walk(at, append(strings.Split(target, "/"), rest...), whole, hops+1)
}
