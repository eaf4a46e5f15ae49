package story

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stagewatch/stagewatch/engine/event"
)

func layer(digest string, gone []string, files ...string) event.LayerFiles {
	l := event.LayerFiles{Digest: digest, Gone: gone}
	for i, f := range files {
		at := strings.LastIndexByte(f, '/')
		l.Folders = append(l.Folders, event.FolderFiles{Path: f[:max(at, 1)], Files: map[string]int64{f[at+1:]: int64(100 - i)}})
	}
	return l
}

// drawn draws a tree as text.
func drawn(n *Node, indent string) string {
	var out strings.Builder
	for _, in := range n.Nodes {
		fmt.Fprintf(&out, "%s%s %d %v", indent, in.Name, in.Bytes, []string{"mixed", "kept", "added", "changed", "removed"}[in.Fate])
		if in.Lost > 0 {
			fmt.Fprintf(&out, " lost %d", in.Lost)
		}
		out.WriteString("\n" + drawn(in, indent+"  "))
	}
	return out.String()
}

func TestTreesOfLayers(t *testing.T) {
	layers := []event.LayerFiles{
		layer("0", nil, "/usr/lib/a", "/usr/lib/b", "/etc/c"),
		layer("1", nil, "/usr/lib/a", "/opt/x/y/z", "/opt/x/y/w"),
		layer("2", []string{"/opt/x/y/z", "/etc/c"}, "/opt/x/y/w"),
	}
	for i, want := range []string{
		"usr/lib 199 added lost 100\n  a 100 added lost 100\n  b 99 added\netc 98 added lost 98\n  c 98 added lost 98\n",
		"opt/x/y 197 added lost 197\n  z 99 added lost 99\n  w 98 added lost 98\nusr/lib 100 changed\n  a 100 changed\n",
		"opt/x/y 100 mixed\n  w 100 changed\n  z 0 removed\netc 0 removed\n  c 0 removed\n",
	} {
		if got := drawn(LayerTree(layers, i), ""); got != want {
			t.Errorf("layer %d:\n got\n%swant\n%s", i, got, want)
		}
	}
	if got, want := drawn(StageTree(layers), ""), "usr/lib 199 mixed\n  a 100 changed\n  b 99 kept\nopt/x/y 100 changed\n  w 100 changed\n"; got != want {
		t.Errorf("the stage:\n got\n%swant\n%s", got, want)
	}
	way := StageTree(layers).Find("/opt/x/y/w")
	if len(way) != 2 || way[0].Name != "opt/x/y" || way[1].Name != "w" {
		t.Errorf("the way is %v", way)
	}
}

// TestLayersAreSentOnce: a layer that is marked as known has the files of the previous event, whatever its stage is called.
func TestLayersAreSentOnce(t *testing.T) {
	s := tell()
	known := func(digest string) event.LayerFiles { return event.LayerFiles{Digest: digest, Known: true} }
	files := func(layers ...event.LayerFiles) event.Files {
		return event.Files{Stages: []event.StageFiles{{Stage: "build", Layers: layers}}}
	}
	s.on(1, files(layer("0", nil, "/a\x1b[2J"), layer("1", nil, "/b")))
	s.on(2, files(known("0"), layer("2", nil, "/c")))
	if got := drawn(StageTree(s.Build(2).Layers("build")), ""); got != "a 100 kept\nc 100 added\n" {
		t.Errorf("the second build has\n%s", got)
	}
	s.on(3, files(known("0"), known("1")))
	if got := drawn(StageTree(s.Build(3).Layers("build")), ""); got != "a 100 kept\n" {
		t.Errorf("a layer that was not told last is known:\n%s", got)
	}
	for i := range 2 * maxInspected {
		s.on(4+i, files(known("0")))
	}
	if s.Build(4).Files != nil || s.Current().Layers("build") == nil {
		t.Error("the files of old builds are kept, or those of the newest are not")
	}
}
