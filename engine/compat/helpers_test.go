package compat

import (
	"cmp"
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/stagewatch/stagewatch/engine/image"
)

// fakeStage is a stage made of texts.
type fakeStage struct {
	files image.Tree
	added []image.File
}

func (s fakeStage) Files() image.Tree   { return s.files }
func (s fakeStage) Added() []image.File { return s.added }
func (s fakeStage) Config() image.Config {
	return image.Config{Arch: "amd64", Path: []string{"/usr/local/bin", "/bin"}}
}

// newStage returns a stage with the files of its base and those that a step added.
func newStage(base, added map[string]string) (fakeStage, image.Open) {
	texts := map[string]string{}
	s := fakeStage{files: image.Tree{}}
	put := func(p, text string) {
		s.files[p], texts[p] = fileOfText(p, text), text
		for dir := path.Dir(p); dir != "/"; dir = path.Dir(dir) {
			s.files[dir] = image.File{Path: dir, Mode: fs.ModeDir | 0o755}
		}
	}
	for p, text := range base {
		put(p, text)
	}
	for p, text := range added {
		put(p, text)
		if f := s.files[p]; f.Mode.IsRegular() {
			s.added = append(s.added, f)
		}
	}
	slices.SortFunc(s.added, func(a, b image.File) int { return cmp.Compare(a.Path, b.Path) })
	return s, func(p string) ([]byte, error) { return []byte(texts[p]), nil }
}

// fileOfText returns a program for a path in a folder of programs, and a symbolic link for "-> target".
func fileOfText(p, text string) image.File {
	f := image.File{Path: p, Mode: 0o644, Size: int64(len(text))}
	if strings.Contains(p, "/bin/") {
		f.Mode = 0o755
	}
	if to, ok := strings.CutPrefix(text, "-> "); ok {
		f = image.File{Path: p, Mode: fs.ModeSymlink | 0o777, Link: to}
	}
	return f
}
