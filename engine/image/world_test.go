package image

import (
	"io/fs"
	"path"
	"strings"
)

// world returns a stage made of texts: its base, and what a step added.
func world(base, added map[string]string) *Stage {
	under, over := Tree{}, Tree{}
	put := func(t Tree, p, text string) {
		t[p] = fileOfText(p, text)
		for dir := path.Dir(p); dir != "/"; dir = path.Dir(dir) {
			t[dir] = File{Path: dir, Mode: fs.ModeDir | 0o755}
		}
	}
	for p, text := range base {
		put(under, p, text)
		put(over, p, text)
	}
	for p, text := range added {
		put(over, p, text)
	}
	return &Stage{Layers: []Layer{layerBetween(nil, under), layerBetween(under, over)}, trees: []Tree{under, over}}
}

// fileOfText returns a program for a path in a folder of programs, and a symbolic link for "-> target".
func fileOfText(p, text string) File {
	f := File{Path: p, Mode: 0o644, Size: int64(len(text))}
	if strings.Contains(p, "/bin/") {
		f.Mode = 0o755
	}
	if to, ok := strings.CutPrefix(text, "-> "); ok {
		f = File{Path: p, Mode: fs.ModeSymlink | 0o777, Link: to}
	}
	return f
}
