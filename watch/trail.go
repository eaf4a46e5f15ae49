package watch

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// maxLinks bounds the following of links that point at each other.
const maxLinks = 255

// trail returns the paths that decide what a name leads to: every link on the way, and what it leads to in the end,
// which need not be there. The folders that they are in are free of links.
func trail(name string) []string {
	var out []string
	at, parts := string(filepath.Separator), split(name)
	for links := 0; len(parts) > 0; {
		next := filepath.Join(at, parts[0])
		parts = parts[1:]
		target, err := os.Readlink(next)
		switch {
		case err != nil || links == maxLinks:
			at = next
			continue
		case filepath.IsAbs(target):
			at = string(filepath.Separator)
		}
		links++
		out = append(out, next)
		parts = append(split(target), parts...)
	}
	return append(out, at)
}

func split(path string) []string {
	return strings.FieldsFunc(path, func(r rune) bool { return r == filepath.Separator })
}

// extras are the files to watch for their own sake.
type extras struct {
	// names are the paths to report, by the absolute path.
	names map[string]string
	// on are the names whose trail a path is on.
	on map[string][]string
	// last are the files as they were when they were last looked at, links followed.
	last map[string]stamp
}

func newExtras(names map[string]string) *extras {
	return &extras{names: names, last: map[string]stamp{}}
}

// resolve follows the links again, and returns the folders to watch.
func (e *extras) resolve() (dirs []string) {
	e.on = map[string][]string{}
	for name := range e.names {
		for _, path := range trail(name) {
			e.on[path] = append(e.on[path], name)
			dirs = append(dirs, filepath.Dir(path))
		}
	}
	return dirs
}

// changed looks at one of the files, and reports whether it is another one than at the last look.
func (e *extras) changed(name string) bool {
	now, err := stampOfTarget(name)
	if err != nil {
		now = stamp{}
	}
	now.ctime = 0 // which changes with the file's names
	was := e.last[name]
	e.last[name] = now
	return now != was
}

// followExtras watches the folders that the extra files are in, by way of links.
func (s *notifySource) followExtras() ending {
	for _, dir := range s.extras.resolve() {
		if _, end := s.add(dir); end != running {
			return end
		}
	}
	return running
}

// extraEvent reports the extra files that a path leads to.
func (s *notifySource) extraEvent(ctx context.Context, path string) ending {
	names := s.extras.on[path]
	if len(names) == 0 {
		return running
	}
	for _, name := range names {
		s.extras.changed(name)
		s.w.hit(ctx, hit{path: s.extras.names[name], at: time.Now()})
	}
	return s.followExtras()
}

// look finds what the system tells nobody of: a folder above that was replaced, a link elsewhere that leads to
// another place, something mounted in between.
func (s *notifySource) look(ctx context.Context) ending {
	if !s.w.isRoot(s.root) {
		return rootLost
	}
	end := running
	for name, shown := range s.extras.names {
		if s.extras.changed(name) {
			s.w.hit(ctx, hit{path: shown, at: time.Now()})
			end = s.followExtras()
		}
	}
	return end
}
