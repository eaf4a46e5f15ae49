package plan

import (
	"cmp"
	"slices"
	"strings"

	"github.com/moby/buildkit/solver/pb"
	"github.com/moby/buildkit/util/apicaps"
)

// Tree is what a prediction needs to know about the files of the local contexts. A nil Tree has no symbolic links.
type Tree interface {
	// Symlinks returns the symbolic links of a local context, of the main one for an empty name: slash-separated path
	// to target as written.
	Symlinks(context string) map[string]string
}

// mainContext is BuildKit's name for the main context.
const mainContext = "context"

// reader is an input of an op that is a local context.
type reader struct {
	op, input int
	context   string
	selectors []*selector
}

// findReaders sets p.readers.
func (p *Plan) findReaders(caps *apicaps.CapSet) {
	knowsPatterns := caps.Supports(pb.CapFileCopyIncludeExcludePatterns) == nil
	for i := range p.ops {
		o := &p.ops[i]
		for k, j := range o.inputs {
			name, ok := p.ops[j].local()
			switch {
			case !ok:
			case o.readsByContent(k):
				p.readers = append(p.readers, reader{i, k, name, o.selectors(k, knowsPatterns)})
			default: // The context is a base, or is mounted for writing: all of it counts.
				p.readers = append(p.readers, reader{i, k, name, []*selector{newSelector("", false, false, nil, nil)}})
			}
		}
	}
}

// ReadsContext reports whether p.Steps[step] itself reads a local context.
func (p *Plan) ReadsContext(step int) bool {
	return slices.ContainsFunc(p.readers, func(r reader) bool { return slices.Contains(p.Steps[step].ops, r.op) })
}

// index finds the changes that a selector reads, without checking every change for every selector.
type index struct {
	changes []Change
	tree    Tree
	// byPath holds the changes of each context, as indexes into changes, sorted by path.
	byPath map[string][]int
	links  map[string]map[string]string
	// cache holds the results by context and selector: most steps of a long Dockerfile read the same.
	cache map[string][]int
}

func newIndex(changes []Change, tree Tree) *index {
	x := &index{changes: changes, tree: tree, byPath: map[string][]int{}, links: map[string]map[string]string{}, cache: map[string][]int{}}
	for i, c := range changes {
		x.byPath[contextOf(c)] = append(x.byPath[contextOf(c)], i)
	}
	for _, of := range x.byPath {
		slices.SortStableFunc(of, func(a, b int) int { return cmp.Compare(changes[a].Path, changes[b].Path) })
	}
	return x
}

func contextOf(c Change) string { return cmp.Or(c.Context, mainContext) }

// symlinks returns the symbolic links of the context that BuildKit calls context.
func (x *index) symlinks(context string) map[string]string {
	links, ok := x.links[context]
	if !ok && x.tree != nil {
		name := context
		if name == mainContext {
			name = ""
		}
		links = x.tree.Symlinks(name)
		x.links[context] = links
	}
	return links
}

// read returns the changes that r reads, as sorted indexes into changes.
func (x *index) read(r reader) []int {
	of := x.byPath[r.context]
	if len(of) == 0 {
		return nil
	}
	var read []int
	for _, s := range r.selectors {
		key := r.context + "\x00" + s.id
		found, ok := x.cache[key]
		if !ok {
			found = x.selected(s, r.context, of)
			x.cache[key] = found
		}
		if read == nil {
			read = found
			continue
		}
		read = slices.Concat(read, found)
		slices.Sort(read)
		read = slices.Compact(read)
	}
	return read
}

func (x *index) selected(s *selector, context string, of []int) []int {
	if s.all() {
		return slices.Sorted(slices.Values(of))
	}
	links := x.symlinks(context)
	var found []int
	for _, root := range s.roots(links) {
		for _, i := range x.near(root.path, s.wildcards, of) {
			_, isLink := links[clean(x.changes[i].Path)]
			if s.reads(root, x.changes[i], isLink) {
				found = append(found, i)
			}
		}
	}
	slices.Sort(found)
	return slices.Compact(found)
}

// near returns the changes that can matter to a selection at root: those of the folders above it, and those below the
// part of root that has no wildcards.
func (x *index) near(root string, wildcards bool, of []int) []int {
	if wildcards {
		if i := strings.IndexAny(root, `*?[\`); i >= 0 {
			root = root[:strings.LastIndexByte(root[:i], '/')+1]
			root = strings.TrimSuffix(root, "/")
		}
	}
	if root == "" {
		return of
	}
	var near []int
	at := func(path string) int {
		n, _ := slices.BinarySearchFunc(of, path, func(i int, path string) int { return cmp.Compare(x.changes[i].Path, path) })
		return n
	}
	// The context's root folder, every folder above root, root itself, and then all below it.
	for end := 0; end <= len(root); end++ {
		if end > 0 && end < len(root) && root[end] != '/' {
			continue
		}
		for n := at(root[:end]); n < len(of) && x.changes[of[n]].Path == root[:end]; n++ {
			near = append(near, of[n])
		}
	}
	return append(near, of[at(root+"/"):at(root+"0")]...)
}
