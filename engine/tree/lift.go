package tree

import (
	"path"
	"regexp"
	"slices"
	"strings"
)

// Naming returns the rules without those own rules that leave the named paths out of the context. Names are paths with
// the wildcards of [path.Match], and stand for everything below them, too.
func (r *Rules) Naming(names []string) *Rules {
	if r == nil || len(names) == 0 {
		return r
	}
	out := *r
	out.patterns = append([]pattern(nil), r.patterns...)
	for i := out.files; i < len(out.patterns); i++ {
		p := &out.patterns[i]
		lifted := append([]lifter(nil), p.lifted...)
		for _, text := range names {
			if p.names(text) {
				n := newNamed(text)
				lifted, out.named = append(lifted, n), append(out.named, n)
			}
		}
		p.lifted = lifted
	}
	return &out
}

// Lifting returns those of the names for which an own rule is lifted.
func (o *OwnRules) Lifting(names []string) []string {
	return slices.DeleteFunc(slices.Clone(names), func(name string) bool {
		return !slices.ContainsFunc(o.patterns, func(p pattern) bool { return p.names(name) })
	})
}

// names reports whether text, a path that may have wildcards, contains the fixed text of the pattern: ".git/HEAD",
// ".git*" and ".gi[t]" contain ".git", and "*" contains nothing.
func (p *pattern) names(text string) bool {
	if p.negated || p.fixed {
		return false
	}
	text = optional.ReplaceAllString(text, "$1")
	for _, text := range []string{text, strings.TrimRight(text, "*")} {
		for i := range len(text) {
			if text[i] == '/' && !p.filesOnly && p.spelled(text[:i]) {
				return true
			}
		}
		if p.spelled(text) {
			return true
		}
	}
	return false
}

// optional matches a class of one character, which people write for a source that may be missing: ".gi[t]".
var optional = regexp.MustCompile(`\[([^\]\[\\^*?/-])\]`)

func (p *pattern) spelled(text string) bool {
	if p.glob != nil {
		return p.glob.spelled(path.Base(text))
	}
	return text != "" && p.match(text)
}

// lifter reports for which paths an own rule is lifted.
type lifter interface{ covers(rel string) bool }

// lifts reports whether the rule, which matches rel, does not count there.
func (p *pattern) lifts(rel string) bool {
	for _, l := range p.lifted {
		if l.covers(rel) {
			return true
		}
	}
	return false
}

// covers reports whether the pattern matches rel or a folder above it.
func (p pattern) covers(rel string) bool {
	for i := range len(rel) {
		if rel[i] == '/' && p.match(rel[:i]) {
			return true
		}
	}
	return p.match(rel)
}

// named is the path of a step's source, split at slashes.
type named []string

func newNamed(text string) named { return strings.Split(text, "/") }

// covers reports whether rel is the named path or below it.
func (n named) covers(rel string) bool {
	parts := strings.Split(rel, "/")
	return len(parts) >= len(n) && n.agrees(parts[:len(n)])
}

// leadsBelow reports whether the named path may be below the folder.
func (n named) leadsBelow(dir string) bool {
	parts := strings.Split(dir, "/")
	return len(parts) < len(n) && n.agrees(parts)
}

func (n named) agrees(parts []string) bool {
	for i, part := range parts {
		if ok, err := path.Match(n[i], part); err != nil || !ok {
			return false
		}
	}
	return true
}
