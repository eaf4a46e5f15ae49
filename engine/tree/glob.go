package tree

import "strings"

// glob matches the name of a file, with at most one "*". It exists besides pattern because every file of the context is
// matched against every built-in rule.
type glob struct {
	exact          bool
	prefix, suffix string
}

func newGlob(name string) glob {
	prefix, suffix, wild := strings.Cut(name, "*")
	return glob{!wild, prefix, suffix}
}

func (g *glob) match(base string) bool {
	if g.exact {
		return base == g.prefix
	}
	return len(base) >= len(g.prefix)+len(g.suffix) && strings.HasPrefix(base, g.prefix) && strings.HasSuffix(base, g.suffix)
}

// spelled reports whether a name that may have wildcards contains the glob's fixed text: all of it, or the end after a
// wildcard, as "*.swp" does for ".*.swp".
func (g *glob) spelled(base string) bool {
	if !g.exact && g.suffix != "" && strings.IndexAny(base, "*?[") == 0 {
		return strings.HasSuffix(base, g.suffix)
	}
	return g.match(base)
}

// sieve has the possible first and last bytes of what globs match. Most files of a context have none of them.
type sieve struct{ first, last [256]bool }

func (s *sieve) add(g *glob) {
	switch {
	case g == nil:
	case g.prefix != "":
		s.first[g.prefix[0]] = true
	case g.suffix != "":
		s.last[g.suffix[len(g.suffix)-1]] = true
	}
}

// passes reports whether certainly none of the globs matches the path.
func (s *sieve) passes(rel string) bool {
	base := rel[strings.LastIndexByte(rel, '/')+1:]
	return base == "" || !s.first[base[0]] && !s.last[base[len(base)-1]]
}
