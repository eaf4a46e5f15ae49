package tree

import (
	"cmp"
	"io/fs"
	"slices"

	"github.com/stagewatch/stagewatch/engine/event"
)

// Changes is what an update made of the paths that it was told of. All lists are sorted by path.
type Changes struct {
	// Changed are the paths whose part in a COPY's cache key changed, each once; content counts before mode.
	// A folder that came or went is there with everything that was below it.
	Changed []event.Change
	// Unchanged are the paths told of that are what they were, or were never there.
	Unchanged []string
	// Ignored are the paths told of that no build gets to see.
	Ignored []IgnoredPath
}

// IgnoredPath is a path that the rule keeps out of the context.
type IgnoredPath struct {
	Path string
	Rule Rule
	// Noise tells that an own rule would keep it out too: nobody waits to hear of each write to it.
	Noise bool
}

// diff collects what changed between two states of the same folder, in no particular order.
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

// every reports a node and all below it.
func every(n *node, rel, kind string, out *[]event.Change) {
	*out = append(*out, event.Change{Path: rel, Kind: kind})
	for _, k := range n.kids {
		every(k, join(rel, k.name), kind, out)
	}
}

// compare tells in which way a path itself changed, "" for none. Extended attributes count as mode: BuildKit's COPY
// looks at them too. Times do not count, nor does the owner, who is root in every context that is sent.
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
