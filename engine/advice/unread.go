package advice

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/stagewatch/stagewatch/engine/event"
	"github.com/stagewatch/stagewatch/engine/human"
	"github.com/stagewatch/stagewatch/engine/plan"
	"github.com/stagewatch/stagewatch/engine/tree"
)

// muchUnread and manyUnread are what has to be read by no step before that is worth a word, in bytes and in files.
const muchUnread, manyUnread = 50_000_000, 2000

// Unread returns a warning where much of the context is read by no step, with the largest of what is not. What is built beside
// the plan reads it as well. It may take a while for a large context.
func Unread(p *plan.Plan, snap *tree.Snapshot, links plan.Tree, beside ...*plan.Plan) (event.Warning, bool) {
	type entry struct {
		name  string
		files int
		bytes int64
		read  bool
	}
	entries := map[string]*entry{}
	of := func(rel string) *entry {
		name, rest, dir := strings.Cut(rel, "/")
		if dir && rest != "" {
			name += "/"
		}
		if entries[name] == nil {
			entries[name] = &entry{name: name}
		}
		return entries[name]
	}
	var all []plan.Change
	snap.Walk("", func(rel string, e tree.Entry) bool {
		if !e.Mode.IsDir() {
			all = append(all, plan.Change{Change: event.Change{Path: rel, Kind: event.ContentChanged}})
			in := of(rel)
			in.files++
			in.bytes += e.Size
		}
		return true
	})
	for _, p := range append(beside, p) {
		for _, c := range p.Relevant(all, links) {
			of(c.Path).read = true
		}
	}
	var list []*entry
	files, bytes := 0, int64(0)
	for _, e := range entries {
		if !e.read {
			list = append(list, e)
			files += e.files
			bytes += e.bytes
		}
	}
	if files < manyUnread && bytes < muchUnread {
		return event.Warning{}, false
	}
	slices.SortFunc(list, func(a, b *entry) int { return cmp.Or(cmp.Compare(b.bytes, a.bytes), cmp.Compare(a.name, b.name)) })
	w := event.Warning{Code: event.CodeUnreadContext, Message: fmt.Sprintf("%s of the context in %s, of %s, are read by no step that %q needs", human.Bytes(bytes), human.Count(files, "file"), human.Count(len(all), "file"), p.Target),
		Hint: "Write into .dockerignore what no image needs: it is watched and compared at every build."}
	for _, e := range list[:min(len(list), 5)] {
		w.Paths = append(w.Paths, fmt.Sprintf("%s (%s, %s)", e.name, human.Bytes(e.bytes), human.Count(e.files, "file")))
	}
	return w, true
}
