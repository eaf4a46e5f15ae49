package tree

import (
	"path"
	"regexp"
	"slices"
	"strings"
)

// Naming returns the rules with what is named let into the context, as far as it is the own rules that leave it
// out. Names are paths with the wildcards of [path.Match], and stand for all that is below them too.
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

// Lifting returns those of the names that an own rule is lifted for.
func (o *OwnRules) Lifting(names []string) []string {
	return slices.DeleteFunc(slices.Clone(names), func(name string) bool {
		return !slices.ContainsFunc(o.patterns, func(p pattern) bool { return p.names(name) })
	})
}

// names reports whether text, a path that may have wildcards, spells out what the pattern matches: ".git/HEAD"
// ".git*" and ".gi[t]" spell ".git", and "*" spells nothing.
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

// optional finds the class of one character that people write for a source that may be missing: ".gi[t]".
var optional = regexp.MustCompile(`\[([^\]\[\\^*?/-])\]`)

func (p *pattern) spelled(text string) bool {
	if p.glob != nil {
		return p.glob.spelled(path.Base(text))
	}
	return text != "" && p.match(text)
}

// lifter says of which paths an own rule is lifted.
type lifter interface{ covers(rel string) bool }

// lifts reports whether the rule, which matches rel, is not to count there.
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

// named is a path that a step names.
type named []string

func newNamed(text string) named { return strings.Split(text, "/") }

// covers reports whether rel is what is named, or below it.
func (n named) covers(rel string) bool {
	parts := strings.Split(rel, "/")
	return len(parts) >= len(n) && n.agrees(parts[:len(n)])
}

// leadsBelow reports whether what is named may lie below the folder.
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
