package image

import (
	"cmp"
	"path"
	"slices"

	"github.com/stagewatch/stagewatch/engine/event"
)

const (
	// shownPaths is how many paths of a group are shown.
	shownPaths = 6
	// openedPaths bounds the list while folders are replaced by their content.
	openedPaths = 12
)

// weight is a path and the bytes under it.
type weight struct {
	path     string
	bytes    int64
	children []*weight
}

// largest returns the paths that hold most of the files' bytes, the heaviest first. It replaces folders by their
// content, the heaviest first, while the list stays short, and always while there is only one.
func largest(files []File) []event.LedgerPath {
	root := weigh(files)
	if root.bytes == 0 {
		return nil
	}
	list := []*weight{root}
	for {
		i := slices.IndexFunc(list, func(w *weight) bool {
			return len(w.children) > 0 && (len(list) == 1 || len(list)-1+len(w.children) <= openedPaths)
		})
		if i < 0 {
			break
		}
		list = slices.Concat(list[:i], list[i].children, list[i+1:])
		heaviestFirst(list)
	}
	out := make([]event.LedgerPath, 0, shownPaths)
	for _, w := range list[:min(len(list), shownPaths)] {
		out = append(out, event.LedgerPath{Path: w.path, Bytes: w.bytes})
	}
	return out
}

// weigh returns the tree of folders of those files that have bytes.
func weigh(files []File) *weight {
	all := map[string]*weight{"/": {path: "/"}}
	var add func(p string) *weight
	add = func(p string) *weight {
		if w, ok := all[p]; ok {
			return w
		}
		w := &weight{path: p}
		all[p] = w
		parent := add(path.Dir(p))
		parent.children = append(parent.children, w)
		return w
	}
	for _, f := range files {
		n := f.bytes()
		if n == 0 {
			continue
		}
		for w := add(f.Path); ; w = all[path.Dir(w.path)] {
			w.bytes += n
			if w.path == "/" {
				break
			}
		}
	}
	return all["/"]
}

func heaviestFirst(list []*weight) {
	slices.SortFunc(list, func(a, b *weight) int {
		return cmp.Or(cmp.Compare(b.bytes, a.bytes), cmp.Compare(a.path, b.path))
	})
}
