package image

import (
	"cmp"
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"
)

// Efficiency is how dive (github.com/wagoodman/dive, v0.13.1) judges an image, whose users know these figures. They count
// entries of the layers' tars, those of the base among them, and so differ from what a ledger calls wasted: of a file that
// is in two layers both copies count.
type Efficiency struct {
	// Score is the part of the layers' bytes that an image with each path once would have, from 0 to 1.
	Score float64
	// Wasted is the sum of what Inefficient takes, in bytes.
	Wasted int64
	// Size is the sum of the layers' files, User that of the layers above the lowest.
	Size, User int64
	// Inefficient are the paths that are in several layers, the largest first.
	Inefficient []Inefficiency
}

// Inefficiency is a path that several layers have, or that one has and a later one deletes.
type Inefficiency struct {
	Path   string
	Layers int
	// Bytes is what all of them take.
	Bytes int64
}

// WastedOfUser is the ratio that dive calls userWastedPercent. It is NaN for an image of one layer that wastes nothing.
func (e Efficiency) WastedOfUser() float64 { return float64(e.Wasted) / float64(e.User) }

// tarEntry is what dive keeps of an entry of a layer's tar.
type tarEntry struct {
	path string
	size int64
	dir  bool
}

// What marks a deleted path in a tar, and what marks folders whose lower content is hidden.
const (
	whiteout = ".wh."
	opaque   = ".wh..wh.."
)

// entries is a folder tree of tar entries. A folder that no entry names is there with the zero value.
type entries struct {
	tarEntry
	children map[string]*entries
}

// newEntries returns the tree of a layer, and the sum of all entries, repeated ones too.
func newEntries(layer []tarEntry) (*entries, int64) {
	root, sum := &entries{}, int64(0)
	for _, e := range layer {
		sum += e.size
		root.add(e)
	}
	return root, sum
}

// add puts an entry at its path. What an upper layer says of a folder replaces what was known of it, its content stays.
func (t *entries) add(e tarEntry) {
	for _, name := range elements(e.path) {
		next := t.children[name]
		if next == nil {
			if strings.HasPrefix(name, opaque) {
				return
			}
			if t.children == nil {
				t.children = map[string]*entries{}
			}
			next = &entries{}
			t.children[name] = next
		}
		t = next
	}
	t.tarEntry = e
}

func elements(p string) []string {
	return slices.DeleteFunc(strings.Split(p, "/"), func(name string) bool { return name == "" })
}

// at returns what is at a path, nil for nothing.
func (t *entries) at(p string) *entries {
	for _, name := range elements(p) {
		if t = t.children[name]; t == nil {
			return nil
		}
	}
	return t
}

// remove takes away what is at a path.
func (t *entries) remove(p string) {
	dir, name := path.Split(p)
	if above := t.at(dir); above != nil {
		delete(above.children, name)
	}
}

// walk calls fn with each node below, what is deepest first and by name, until fn fails. A path has no whiteout mark at its
// end.
func (t *entries) walk(under string, fn func(p string, n *entries, gone bool) error) error {
	for _, name := range slices.Sorted(maps.Keys(t.children)) {
		n := t.children[name]
		if err := n.walk(under+"/"+name, fn); err != nil {
			return err
		}
		plain, gone := strings.CutPrefix(name, whiteout)
		if err := fn(under+"/"+plain, n, gone); err != nil {
			return err
		}
	}
	return nil
}

// stack puts a layer on top of the tree.
func (t *entries) stack(upper *entries) {
	_ = upper.walk("", func(p string, n *entries, gone bool) error {
		if gone {
			t.remove(p)
			return nil
		}
		e := n.tarEntry
		e.path = p
		t.add(e)
		return nil
	})
}

// sum returns the bytes of all that is in the tree.
func (t *entries) sum() int64 {
	n := t.size
	for _, c := range t.children {
		n += c.sum()
	}
	return n
}

// pathUse is what a path takes in the layers, and the least that one of them takes; less than 0 before the first, which dive
// counts along.
type pathUse struct {
	layers       int
	bytes, least int64
}

// efficiencyOf judges layers from the lowest upwards. The peculiarities of dive are part of its figures: a
// deleted file counts nothing a second time, but a deleted folder all that was in it; and of a layer that deletes what is
// not there, nothing counts from there on.
func efficiencyOf(layers [][]tarEntry) Efficiency {
	var e Efficiency
	uses := map[string]*pathUse{}
	below := &entries{}
	for i, layer := range layers {
		tree, size := newEntries(layer)
		e.Size += size
		if i > 0 {
			e.User += size
		} else {
			// The marks of the lowest layer stay in sight, as there is nothing that they delete.
			below, _ = newEntries(layer)
		}
		_ = tree.walk("", func(p string, n *entries, gone bool) error {
			if len(n.children) > 0 {
				return nil
			}
			bytes := n.size
			if gone {
				was := below.at(p)
				if was == nil {
					used(uses, p)
					return fmt.Errorf("%s does not exist", p)
				}
				if bytes = 0; was.dir {
					bytes = was.sum()
				}
			}
			used(uses, p).add(bytes)
			return nil
		})
		below.stack(tree)
	}
	e.judge(uses)
	return e
}

func used(uses map[string]*pathUse, p string) *pathUse {
	u := uses[p]
	if u == nil {
		u = &pathUse{least: -1}
		uses[p] = u
	}
	return u
}

func (u *pathUse) add(bytes int64) {
	if u.layers++; u.least < 0 || bytes < u.least {
		u.least = bytes
	}
	u.bytes += bytes
}

func (e *Efficiency) judge(uses map[string]*pathUse) {
	var least, all int64
	for p, u := range uses {
		least, all = least+u.least, all+u.bytes
		if u.layers > 1 {
			e.Wasted += u.bytes
			e.Inefficient = append(e.Inefficient, Inefficiency{Path: p, Layers: u.layers, Bytes: u.bytes})
		}
	}
	if e.Score = 1; all > 0 {
		e.Score = float64(least) / float64(all)
	}
	slices.SortFunc(e.Inefficient, func(a, b Inefficiency) int {
		return cmp.Or(cmp.Compare(b.Bytes, a.Bytes), cmp.Compare(a.Path, b.Path))
	})
}
