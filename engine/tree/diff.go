package tree

import (
	"cmp"
	"io/fs"
	"slices"

	"github.com/stagewatch/stagewatch/engine/event"
)

// Changes is the result of an update, as lists that are sorted by path.
type Changes struct {
	// Changed are the paths whose part in a COPY's cache key changed, each once; content counts before mode. With a
	// folder that was created or deleted, everything in it is listed, too.
	Changed []event.Change
	// Unchanged are those of the given paths that are what they were, or never existed.
	Unchanged []string
	// Ignored are those of the given paths that are not in the context.
	Ignored []IgnoredPath
}

// IgnoredPath is a path that the rule leaves out of the context.
type IgnoredPath struct {
	Path string
	Rule Rule
	// Noise says that an own rule would leave it out, too, so that nobody needs to see each write to it.
	Noise bool
}

// diff appends what changed between two states of the same folder, in no particular order.
func diff(old, new *node, rel string, out *[]event.Change) {
	if old == new {
		return
	}
	a, b := old.kids, new.kids
	for len(a) > 0 || len(b) > 0 {
		switch {
		case len(b) == 0 || len(a) > 0 && a[0].name < b[0].name:
			every(a[0], join(rel, a[0].name), event.Deleted, out)
			a = a[1:]
		case len(a) == 0 || b[0].name < a[0].name:
			every(b[0], join(rel, b[0].name), event.Added, out)
			b = b[1:]
		default:
			path := join(rel, b[0].name)
			if kind := compare(a[0], b[0]); kind != "" {
				*out = append(*out, event.Change{Path: path, Kind: kind})
			}
			diff(a[0], b[0], path, out)
			a, b = a[1:], b[1:]
		}
	}
}

// every appends a node and everything below it.
func every(n *node, rel, kind string, out *[]event.Change) {
	*out = append(*out, event.Change{Path: rel, Kind: kind})
	for _, k := range n.kids {
		every(k, join(rel, k.name), kind, out)
	}
}

// compare returns in which way a path itself changed, "" if it did not. Extended attributes count as mode, because
// BuildKit's COPY reads them too. Times and owners don't count: in a context everything belongs to root.
func compare(old, new *node) string {
	if old == new {
		return ""
	}
	if !sameKind(old.mode, new.mode) || old.size != new.size || old.link != new.link {
		return event.ContentChanged
	}
	a, b := old.known.Load(), new.known.Load()
	if new.mode.IsRegular() && (a == nil || b == nil || a.digest != b.digest) {
		return event.ContentChanged
	}
	sameMode := old.mode == new.mode || new.mode.Type() == fs.ModeSymlink
	if !sameMode {
		return event.ModeChanged
	}
	if a != nil && b != nil && a.xattrs != b.xattrs {
		return event.ModeChanged
	}
	return ""
}

func sortChanges(changes []event.Change) []event.Change {
	slices.SortFunc(changes, func(a, b event.Change) int { return cmp.Compare(a.Path, b.Path) })
	return changes
}
