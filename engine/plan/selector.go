package plan

import (
	"path"
	"slices"
	"strings"

	"github.com/moby/buildkit/solver/pb"
	"github.com/moby/patternmatcher"

	"github.com/stagewatch/stagewatch/engine/event"
)

// selector is what a COPY, an ADD or a bind mount reads of a local context, as in BuildKit's content key
// (cache/contenthash). Where the two may differ, the selector reads more.
type selector struct {
	// path is the source, possibly with wildcards, relative to the context and cleaned; empty for the whole context.
	path              string
	wildcards, follow bool
	include, exclude  patterns
	// includes are the patterns of include as text.
	includes []string
	// deep is set where links among the selected files are followed too, one level.
	deep bool
	// id is equal for selectors that select the same.
	id string
}

func newSelector(src string, wildcards, follow bool, include, exclude []string) *selector {
	s := &selector{path: clean(src), follow: follow, include: newPatterns(include), exclude: newPatterns(exclude), includes: include}
	s.wildcards = wildcards && strings.ContainsAny(s.path, `*?[\`)
	s.id = strings.Join(slices.Concat([]string{s.path, boolText(s.wildcards), boolText(follow)}, include, []string{"\x00"}, exclude), "\x00")
	return s
}

func boolText(b bool) string {
	if b {
		return "1"
	}
	return ""
}

// selectors returns what the op reads of its input k. knowsPatterns is set for an engine that supports --exclude.
func (o *op) selectors(k int, knowsPatterns bool) []*selector {
	var out []*selector
	switch t := o.pb.Op.(type) {
	case *pb.Op_File:
		for _, a := range t.File.Actions {
			if c := a.GetCopy(); c != nil && int(a.SecondaryInput) == k {
				s := newSelector(c.Src, c.AllowWildcard, c.FollowSymlink, c.IncludePatterns, c.ExcludePatterns)
				// Many versions of BuildKit, from the first one with patterns on, key every link that a glob or a
				// pattern selects by the content of its target.
				s.deep = knowsPatterns && s.follow && (s.wildcards || !s.include.none() || !s.exclude.none())
				out = append(out, s)
			}
		}
	case *pb.Op_Exec:
		for _, m := range t.Exec.Mounts {
			if int(m.Input) == k {
				out = append(out, newSelector(m.Selector, false, true, nil, nil))
			}
		}
	}
	return out
}

// all reports whether the selector reads the whole context.
func (s *selector) all() bool { return s.path == "" && s.include.none() && s.exclude.none() }

// reads reports whether the change matters to a selection that starts at one of the selector's roots. isLink is set where
// the changed path is now a symbolic link.
func (s *selector) reads(at root, c Change, isLink bool) bool {
	root, changed := at.path, clean(c.Path)
	if changed == "" {
		return root == "" && c.Kind != event.ModeChanged
	}
	// Where a folder above the source is added, deleted, or replaced by something else, the source changes with it.
	if isAbove(changed, root, s.wildcards) {
		return c.Kind == event.Deleted || c.Kind == event.ContentChanged || c.Kind == event.Added && (c.Dir || isLink)
	}
	rest, ok := below(root, changed, s.wildcards)
	return ok && (rest == "" || at.whole || s.filtered(rest, c))
}

// filtered applies the patterns of --parents and --exclude to a path below the source.
func (s *selector) filtered(rest string, c Change) bool {
	// A folder's own mode counts where something below it is included, which any folder may have.
	if !s.include.none() && !c.Dir && !s.include.match(rest) {
		return false
	}
	return s.exclude.none() || s.exclude.negated || !s.exclude.match(rest)
}

// patterns are those of --exclude or --parents. The zero value has none.
type patterns struct {
	each []*patternmatcher.PatternMatcher
	// negated is set where a pattern begins with "!", broken where one does not parse. BuildKit will fail on a broken
	// one; until then everything matches.
	negated, broken bool
}

// newPatterns compiles each pattern by itself. It also matches once, as a pattern compiles itself lazily and matching must
// be safe for concurrent use.
func newPatterns(texts []string) patterns {
	var p patterns
	for _, text := range texts {
		m, err := patternmatcher.New([]string{text})
		if err == nil {
			_, err = m.MatchesOrParentMatches("x")
		}
		if err != nil {
			p.broken = true
			continue
		}
		p.negated = p.negated || m.Exclusions()
		p.each = append(p.each, m)
	}
	p.negated = p.negated || p.broken
	return p
}

func (p *patterns) none() bool { return len(p.each) == 0 && !p.broken }

func (p *patterns) match(rel string) bool {
	for _, m := range p.each {
		if ok, _ := m.MatchesOrParentMatches(rel); ok {
			return true
		}
	}
	return p.broken || p.negated
}

func clean(p string) string { return strings.TrimPrefix(path.Clean("/"+p), "/") }

// isAbove reports whether dir is a proper ancestor of root, or of something that root's wildcards match.
func isAbove(dir, root string, wildcards bool) bool {
	if !wildcards {
		return len(root) > len(dir) && root[len(dir)] == '/' && root[:len(dir)] == dir
	}
	for {
		d, dirs, moreDirs := strings.Cut(dir, "/")
		r, roots, moreRoots := strings.Cut(root, "/")
		if !matchName(r, d) || !moreRoots {
			return false
		}
		if !moreDirs {
			return true
		}
		dir, root = dirs, roots
	}
}

// below reports whether name is root or below it, or below something that root's wildcards match, and returns the part of
// name behind root.
func below(root, name string, wildcards bool) (rest string, ok bool) {
	if root == "" {
		return name, true
	}
	if !wildcards {
		if rest, ok = strings.CutPrefix(name, root); !ok || rest == "" {
			return "", ok
		}
		return strings.CutPrefix(rest, "/")
	}
	for {
		n, names, moreNames := strings.Cut(name, "/")
		r, roots, moreRoots := strings.Cut(root, "/")
		if !matchName(r, n) {
			return "", false
		}
		if !moreRoots {
			return names, true
		}
		if !moreNames {
			return "", false
		}
		name, root = names, roots
	}
}

// matchName reports whether a pattern matches one part of a path.
func matchName(pattern, name string) bool {
	if pattern == name {
		return true
	}
	ok, err := path.Match(pattern, name)
	return err == nil && ok
}
