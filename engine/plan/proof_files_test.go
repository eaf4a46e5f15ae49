package plan_test

import (
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/moby/patternmatcher"
)

// set puts a file into the world, in place of all that was there, unless what should be its folder is none.
func (w world) set(name string, f file) bool {
	if d := path.Dir(name); d != "." {
		if up, ok := w.files[d]; ok && !up.mode.IsDir() || !ok && !w.set(d, file{mode: fs.ModeDir | 0o755}) {
			return false
		}
	}
	if !f.mode.IsDir() {
		w.remove(name)
	}
	w.files[name] = f
	return true
}

// remove takes a path away with all that is below it, and the hard links to any of it.
func (w world) remove(name string) {
	maps.DeleteFunc(w.files, func(p string, f file) bool {
		return p == name || strings.HasPrefix(p, name+"/") || f.hard == name || strings.HasPrefix(f.hard, name+"/")
	})
}

// builds reports whether the world is likely to build: every edit that does not costs a build and proves nothing.
func (w world) builds() bool {
	made := map[string]bool{"": true}
	for _, s := range w.stages {
		for _, in := range s.steps {
			made[in.makes] = true
		}
	}
	ignored, err := patternmatcher.New(slices.DeleteFunc(slices.Clone(w.ignore), func(l string) bool { return strings.HasPrefix(l, "#") }))
	if err != nil {
		return false
	}
	for _, s := range w.stages {
		for _, in := range s.steps {
			if !made[in.wants] {
				return false
			}
			for _, p := range in.needs {
				at, ok := w.resolve(p)
				if hidden, err := ignored.MatchesOrParentMatches(at); !ok || at != "" && (hidden || err != nil) {
					return false
				}
			}
		}
	}
	return true
}

// resolve follows the symbolic links in a path.
func (w world) resolve(p string) (string, bool) {
	at, rest, hops := "", strings.Split(strings.Trim(path.Clean("/"+p), "/"), "/"), 0
	for len(rest) > 0 {
		next := strings.Trim(path.Clean("/"+at+"/"+rest[0]), "/")
		rest = rest[1:]
		f, ok := w.files[next]
		switch {
		case next == "":
		case !ok || hops > 20:
			return "", false
		case f.mode.Type() == fs.ModeSymlink:
			hops++
			rest = append(strings.Split(strings.Trim(f.text, "/"), "/"), rest...)
			if !path.IsAbs(f.text) {
				next = at
			} else {
				next = ""
			}
		}
		at = next
	}
	return at, true
}
