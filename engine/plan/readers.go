package plan

import (
	"cmp"
	"slices"
	"strings"

	"github.com/moby/buildkit/solver/pb"
	"github.com/moby/buildkit/util/apicaps"
)

// Tree is what a prediction needs to know of the context's files.
type Tree interface {
	// Symlinks lists the main context's symbolic links: slash-separated path to target as written.
	Symlinks() map[string]string
}

// NamedTree is a Tree that knows the named local contexts as well. Without it a change of such a context counts
// for every step that reads the context at all: there may be a link on the way.
type NamedTree interface {
	Tree
	// SymlinksOf lists the symbolic links of the named context.
	SymlinksOf(context string) map[string]string
}

// mainContext is what BuildKit calls the context that has no other name.
const mainContext = "context"

// reader is an op's input that is a local context.
type reader struct {
	op, input int
	context   string
	selectors []*selector
}

// readReaders lists what the ops read of local contexts by content.
func (p *Plan) readReaders(caps *apicaps.CapSet) {
	knowsPatterns := caps.Supports(pb.CapFileCopyIncludeExcludePatterns) == nil
	for i := range p.ops {
		o := &p.ops[i]
		for k, j := range o.inputs {
			name, ok := p.ops[j].local()
			switch {
			case !ok:
			case o.readsByContent(k):
				p.readers = append(p.readers, reader{i, k, name, o.selectors(k, knowsPatterns)})
			default: // a context as a base, or mounted for writing: all of it counts
				p.readers = append(p.readers, reader{i, k, name, []*selector{newSelector("", false, false, nil, nil)}})
			}
		}
	}
}

// ReadsContext tells whether p.Steps[step] itself reads a local context.
func (p *Plan) ReadsContext(step int) bool {
	return slices.ContainsFunc(p.readers, func(r reader) bool { return slices.Contains(p.Steps[step].ops, r.op) })
}

// index finds the changes that a selector reads, without looking at each of them for each selector.
type index struct {
	changes []Change
	tree    Tree
	// byPath are the changes of each context in the order of their paths.
	byPath map[string][]int
	links  map[string]map[string]string
	// known are the answers so far: of many steps most read the same.
	known map[string][]int
}

func newIndex(changes []Change, tree Tree) *index {
	x := &index{changes: changes, tree: tree, byPath: map[string][]int{}, links: map[string]map[string]string{}, known: map[string][]int{}}
	for i, c := range changes {
		x.byPath[contextOf(c)] = append(x.byPath[contextOf(c)], i)
	}
	for _, of := range x.byPath {
		slices.SortStableFunc(of, func(a, b int) int { return cmp.Compare(changes[a].Path, changes[b].Path) })
	}
	return x
}

func contextOf(c Change) string { return cmp.Or(c.Context, mainContext) }

// symlinks are the context's links; known tells whether they can be told.
func (x *index) symlinks(context string) (links map[string]string, known bool) {
	if links, ok := x.links[context]; ok {
		return links, true
	}
	named, ok := x.tree.(NamedTree)
	switch {
	case x.tree == nil:
	case context == mainContext:
		links = x.tree.Symlinks()
	case ok:
		links = named.SymlinksOf(context)
	default:
		return nil, false
	}
	x.links[context] = links
	return links, true
}

// read returns the changes that r reads, by their place in changes.
func (x *index) read(r reader) []int {
	of := x.byPath[r.context]
	if len(of) == 0 {
		return nil
	}
	var read []int
	for _, s := range r.selectors {
		key := r.context + "\x00" + s.id
		found, ok := x.known[key]
		if !ok {
			found = x.selected(s, r.context, of)
			x.known[key] = found
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
	links, known := x.symlinks(context)
	if s.all() || !known && s.follow {
		return slices.Sorted(slices.Values(of))
	}
	var found []int
	for _, root := range s.roots(links) {
		for _, i := range x.near(root, s.wildcards, of) {
			_, isLink := links[clean(x.changes[i].Path)]
			if s.reads(root, x.changes[i], isLink) {
				found = append(found, i)
			}
		}
	}
	slices.Sort(found)
	return slices.Compact(found)
}

// near returns the changes that may matter to a selection at root: those on the way to it and those below
// what of it is written without wildcards.
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
	// The context itself, then every folder above, the root and what is below.
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
