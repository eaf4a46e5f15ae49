package plan

import (
	"path"
	"strings"
)

// maxLinkHops is the number of symbolic links that are followed at most, as in BuildKit.
const maxLinkHops = 255

// roots returns the paths where the selection starts: the selector's path, and every path that it leads to through the
// context's symbolic links. links maps their paths to their targets.
func (s *selector) roots(links map[string]string) []string {
	if len(links) == 0 || s.path == "" && !s.deep {
		return []string{s.path}
	}
	f := follower{selector: s, links: links, seen: map[string]bool{}}
	f.walk("", strings.Split(s.path, "/"), 0)
	if s.deep {
		for _, root := range f.found {
			for link, target := range links {
				if _, ok := below(root, link, s.wildcards); ok {
					f.jump(link, target, nil, 0)
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
	found []string
}

func (f *follower) add(root string) {
	if !f.seen[root] {
		f.seen[root] = true
		f.found = append(f.found, root)
	}
}

// walk resolves the remaining parts below the folder at, which is itself resolved.
func (f *follower) walk(at string, parts []string, hops int) {
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
			f.jump(at, target, rest, hops)
			return
		}
		if !f.wildcards || !strings.ContainsAny(at, `*?[\`) {
			continue
		}
		for link, target := range f.links {
			if rest2, ok := below(at, link, true); ok && rest2 == "" {
				f.jump(link, target, rest, hops)
			}
		}
	}
	f.add(at)
}

// jump resolves the target of a link and the rest of the path behind it, once for the same link and rest.
func (f *follower) jump(link, target string, rest []string, hops int) {
	state := link + "\x00" + strings.Join(rest, "/")
	if hops == maxLinkHops || f.seen[state] {
		return
	}
	f.seen[state] = true
	f.add(link)
	at := ""
	if !path.IsAbs(target) {
		at = clean(path.Dir(link))
	}
	f.walk(at, append(strings.Split(target, "/"), rest...), hops+1)
}
