package watch

import (
	"context"
	"maps"
	"slices"
	"time"

	"github.com/fsnotify/fsnotify"
)

// maxLinked bounds the files that are watched themselves. Package managers that share files between projects make
// many of them, which nobody edits.
const maxLinked = 4096

// Linked names files, relative to the root, that have other names: a write by one of those is told of to nobody who
// watches the folder of this one. They are watched themselves, up to a number. It returns at once; what was written
// since the time given is reported.
func (w *Watcher) Linked(names []string, since time.Time) {
	if len(names) == 0 {
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, name := range names {
		w.linked[name] = since.Add(-clockGrain)
	}
	select {
	case w.more <- struct{}{}:
	default: // it is known that there are more
	}
}

// clockGrain is how far the clock that file systems use may be behind.
const clockGrain = 20 * time.Millisecond

// linkedFiles are files with several names.
type linkedFiles struct {
	byName map[string]*linkedFile // absolute
	byFile map[fileID]*linkedFile
}

type linkedFile struct {
	id fileID
	// watched is the name that the system's notices come by.
	watched string
	names   map[string]bool
	// last is the file as it was when it was last looked at.
	last stamp
}

// watchLinked watches what Linked named and is not watched yet.
func (s *notifySource) watchLinked(ctx context.Context) {
	for _, name := range s.newlyLinked() {
		s.w.hit(ctx, hit{path: name, at: time.Now()})
	}
}

// newlyLinked is watchLinked, and returns what was written to before it was watched.
func (s *notifySource) newlyLinked() (written []string) {
	s.w.mu.Lock()
	defer s.w.mu.Unlock()
	for name, since := range s.w.linked {
		path := s.abs(name)
		if s.linked.byName[path] != nil {
			continue
		}
		if !s.link(path) {
			delete(s.w.linked, name)
		}
		if f := s.linked.byName[path]; f != nil && f.last.mtime > since.UnixNano() {
			written = append(written, name)
		}
	}
	return written
}

// link watches one name of a file; it returns false where the file has no other.
func (s *notifySource) link(path string) bool {
	id, now, several := fileOf(path)
	if !several {
		return false
	}
	f := s.linked.byFile[id]
	if f == nil {
		if len(s.linked.byFile) == maxLinked || s.n.add(path) != nil {
			return true // it is compared after each build, as all files are
		}
		f = &linkedFile{id: id, watched: path, names: map[string]bool{}, last: now}
		s.linked.byFile[id] = f
	}
	f.names[path] = true
	s.linked.byName[path] = f
	return true
}

// unlink forgets a name that is another file now, or none.
func (s *notifySource) unlink(path string) {
	f := s.linked.byName[path]
	delete(s.linked.byName, path)
	delete(f.names, path)
	if f.watched != path {
		return
	}
	s.n.remove(path) // fails where the system has done so
	delete(s.linked.byFile, f.id)
	for _, name := range slices.Collect(maps.Keys(f.names)) {
		delete(s.linked.byName, name)
		s.link(name)
	}
}

// linkedEvent takes in an event of a file with several names, and reports the others. It returns true where there is
// no more to the event: the file got another name, or lost one.
func (s *notifySource) linkedEvent(ctx context.Context, ev fsnotify.Event) bool {
	f := s.linked.byName[ev.Name]
	if f == nil {
		return false
	}
	if ev.Has(fsnotify.Create) || ev.Has(fsnotify.Remove) || ev.Has(fsnotify.Rename) {
		s.unlink(ev.Name)
		return false
	}
	_, now, _ := fileOf(ev.Name)
	same := now == f.last
	f.last = now
	if same && !ev.Has(fsnotify.Write) {
		return true
	}
	for name := range f.names {
		if rel, ok := s.rel(name, false); ok {
			s.w.hit(ctx, hit{path: rel, at: time.Now()})
		}
	}
	return true
}
