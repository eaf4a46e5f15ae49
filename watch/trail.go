package watch

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// maxLinks bounds how many links are followed, for links that point at each other.
const maxLinks = 255

// trail returns the paths that decide where a name leads: every link on the way, and the target, which need not exist.
// The folders of these paths contain no links.
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

// extras are the files that are watched by themselves.
type extras struct {
	// names maps absolute paths to the paths to report.
	names map[string]string
	// on maps a path to the names whose trail it is on.
	on map[string][]string
	// last are the files' states when they were looked at last, links followed.
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

// changed looks at one of the files, and reports whether it differs from the last look.
func (e *extras) changed(name string) bool {
	now, err := stampOfTarget(name)
	if err != nil {
		now = stamp{}
	}
	now.ctime = 0 // it changes with the number of the file's names
	was := e.last[name]
	e.last[name] = now
	return now != was
}

// followExtras watches the folders in which the extra files and the links to them are.
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

// look finds what the system does not report: a folder above the root that was replaced, a link elsewhere that changed,
// a file system that was mounted in between.
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
