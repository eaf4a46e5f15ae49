package image

import (
	"cmp"
	"path"
	"slices"
	"strings"

	"github.com/moby/patternmatcher"

	"github.com/stagewatch/stagewatch/engine/event"
)

// Account accounts for every byte of two stages. Before is nil if there is only one.
//
// It counts the bytes of regular files' contents, as a layer's tar does: hard links count once; folders, links and the
// marks of deleted files don't count.
func Account(before, after *Stage) event.Ledger {
	l := event.Ledger{Carried: []event.LedgerGroup{}, Left: []event.LedgerGroup{}, BaseAfter: base(after)}
	l.Wasted = append(l.Wasted, wasted(after)...)
	taken := map[string]bool{}
	for i, layer := range after.Layers[1:] {
		copies := after.graph.copies(layer.Step)
		from := CopiedFrom(after.instruction(layer.Step))
		if from == "" {
			if layer.Bytes != 0 {
				l.Own = append(l.Own, group(after.instruction(layer.Step), layer.Bytes, layer.Files))
			}
			continue
		}
		files := layer.Files
		if before != nil {
			if chosen := chosenFrom(before, after, copies, taken); len(chosen) > 0 {
				files = chosen
			}
		}
		g := group(carriedName(after, i+1, copies), layer.Bytes, files)
		g.From, g.Instruction, g.Line = from, after.instruction(layer.Step), after.line(layer.Step)
		l.Carried = append(l.Carried, g)
	}
	if before == nil {
		return l
	}
	l.BaseBefore = base(before)
	l.Wasted = append(l.Wasted, wasted(before)...)
	l.SavedByBase = l.BaseBefore.Bytes - l.BaseAfter.Bytes
	l.SavedByCopy = before.Size.Bytes - after.Size.Bytes - l.SavedByBase
	l.Left = leftBehind(before, taken)
	l.Taken = before.Size.Bytes
	for _, g := range l.Left {
		l.Taken -= g.Bytes
	}
	return l
}

// base returns the stage's base image with its bytes.
func base(s *Stage) event.LedgerGroup {
	return event.LedgerGroup{Name: s.Plan.Base(s.Plan.Target), Bytes: s.Layers[0].Bytes}
}

func group(name string, bytes int64, files []File) event.LedgerGroup {
	return event.LedgerGroup{Name: name, Bytes: bytes, Paths: largest(files)}
}

// CopiedFrom returns the --from of a COPY, empty for every other instruction.
func CopiedFrom(instruction string) string {
	fields := strings.Fields(instruction)
	if len(fields) == 0 || fields[0] != "COPY" {
		return ""
	}
	for _, f := range fields[1:] {
		if from, ok := strings.CutPrefix(f, "--from="); ok {
			return from
		}
		if !strings.HasPrefix(f, "--") {
			break
		}
	}
	return ""
}

// carriedName returns what a person would call the files that a COPY brought.
func carriedName(s *Stage, layer int, copies []copied) string {
	for _, f := range s.Layers[layer].Files {
		if IsPythonPackage(f.Path) && f.Mode.IsRegular() {
			return "python packages"
		}
	}
	if len(copies) > 0 {
		return path.Clean(copies[0].dest)
	}
	return s.instruction(s.step(layer))
}

// chosenFrom returns those files of the stage before that the copies take, and marks them as taken.
func chosenFrom(before, after *Stage, copies []copied, taken map[string]bool) []File {
	end := before.step(len(before.Layers) - 1)
	if end < 0 {
		end = before.base
	}
	if end < 0 {
		return nil
	}
	var chosen []File
	for _, c := range copies {
		if !after.graph.resultOf(c.from, before.Plan.Steps[end].ID()) {
			continue
		}
		for _, f := range before.Files().chosen(c) {
			taken[f.Path] = true
			chosen = append(chosen, f)
		}
	}
	return chosen
}

// chosen returns the files of the tree that a copy takes.
func (t Tree) chosen(c copied) []File {
	src := path.Clean("/" + c.src)
	if resolved, ok := t.resolve(src); ok {
		src = resolved
	}
	pattern := strings.Split(strings.Trim(src, "/"), "/")
	if src == "/" {
		pattern = nil
	}
	include, exclude := matcher(c.include), matcher(c.exclude)
	var out []File
	for p, f := range t {
		rest, ok := cutPattern(p, pattern)
		if !ok || include != nil && !matches(include, rest) || exclude != nil && matches(exclude, rest) {
			continue
		}
		out = append(out, f)
	}
	return out
}

// cutPattern reports whether the pattern's elements match the first elements of a path, and returns the rest of the
// path. If they match the whole path, the rest is its last element.
func cutPattern(p string, pattern []string) (rest string, ok bool) {
	elements := strings.Split(strings.TrimPrefix(p, "/"), "/")
	if len(elements) < len(pattern) {
		return "", false
	}
	for i, want := range pattern {
		if hit, err := path.Match(want, elements[i]); want != elements[i] && (err != nil || !hit) {
			return "", false
		}
	}
	if len(elements) == len(pattern) {
		return elements[len(elements)-1], true
	}
	return strings.Join(elements[len(pattern):], "/"), true
}

// matcher returns nil if there are no patterns or if they are invalid.
func matcher(patterns []string) *patternmatcher.PatternMatcher {
	if len(patterns) == 0 {
		return nil
	}
	m, err := patternmatcher.New(patterns)
	if err != nil {
		return nil
	}
	return m
}

func matches(m *patternmatcher.PatternMatcher, p string) bool {
	hit, err := m.MatchesOrParentMatches(p)
	return err == nil && hit
}

// leftBehind groups the bytes of a stage that were not taken, the largest group first. The groups add up to the stage's
// size minus what was taken.
func leftBehind(s *Stage, taken map[string]bool) []event.LedgerGroup {
	owner := owners(s)
	source := map[int]bool{}
	for i, l := range s.Layers {
		for _, c := range s.graph.copies(l.Step) {
			source[i] = source[i] || s.graph.local(c.from)
		}
	}
	files := map[string][]File{}
	bytes := map[string]int64{}
	rest := s.Size.Bytes - s.links()
	bytes[kindSystem] = s.links()
	for p, f := range s.Files() {
		n := f.bytes()
		rest -= n
		if n == 0 || taken[p] {
			continue
		}
		k := kindOf(p, owner[p] == 0, source[owner[p]])
		files[k] = append(files[k], f)
		bytes[k] += n
	}
	groups := []event.LedgerGroup{}
	for k, n := range bytes {
		if n != 0 {
			groups = append(groups, group(k, n, files[k]))
		}
	}
	if rest != 0 {
		groups = append(groups, event.LedgerGroup{Name: kindLost, Bytes: rest})
	}
	slices.SortFunc(groups, func(a, b event.LedgerGroup) int {
		return cmp.Or(cmp.Compare(b.Bytes, a.Bytes), cmp.Compare(a.Name, b.Name))
	})
	return groups
}

// owners maps each path of the stage to the index of the layer that it is from.
func owners(s *Stage) map[string]int {
	owner := map[string]int{}
	for i, l := range s.Layers {
		for _, f := range l.Files {
			owner[f.Path] = i
		}
	}
	return owner
}
