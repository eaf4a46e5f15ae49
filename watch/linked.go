package watch

import (
	"context"
	"maps"
	"slices"
	"time"

	"github.com/fsnotify/fsnotify"
)

// maxLinked bounds how many files are watched by themselves. Package managers that share files between projects create
// many hard links, which nobody edits.
const maxLinked = 4096

// Linked names files, relative to the root, that have further names (hard links): the system does not report a write
// through a name in another folder to who watches this one. So they are watched by themselves, up to 4096 of them.
// Linked returns at once. A file that was written to after since is reported.
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
	default: // one is pending already
	}
}

// clockGrain is how far the clock of file systems may be behind.
const clockGrain = 20 * time.Millisecond

// linkedFiles are the files with several names.
type linkedFiles struct {
	byName map[string]*linkedFile // by absolute path
	byFile map[fileID]*linkedFile
}

type linkedFile struct {
	id fileID
	// watched is the name that the system's events have.
	watched string
	names   map[string]bool
	// last is the file's state when it was looked at last.
	last stamp
}

// watchLinked watches the files that Linked named and that are not watched yet.
func (s *notifySource) watchLinked(ctx context.Context) {
	for _, name := range s.newlyLinked() {
		s.w.hit(ctx, hit{path: name, at: time.Now()})
	}
}

// newlyLinked is watchLinked that returns the files that were written to before they were watched.
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

// link watches one name of a file. It returns false for a file that has no other name.
func (s *notifySource) link(path string) bool {
	id, _, several := fileOf(path)
	if !several {
		return false
	}
	f := s.linked.byFile[id]
	if f == nil {
		if len(s.linked.byFile) == maxLinked || s.n.add(path) != nil {
			return true // every file is compared after each build anyway
		}
		// Only now that it is watched: the system reports no write before that, but its state shows it.
		_, now, _ := fileOf(path)
		f = &linkedFile{id: id, watched: path, names: map[string]bool{}, last: now}
		s.linked.byFile[id] = f
	}
	f.names[path] = true
	s.linked.byName[path] = f
	return true
}

// unlink forgets a name that leads to another file or to none now.
func (s *notifySource) unlink(path string) {
	f := s.linked.byName[path]
	delete(s.linked.byName, path)
	delete(f.names, path)
	if f.watched != path {
		return
	}
	s.n.remove(path) // an error means that the system did so already
	delete(s.linked.byFile, f.id)
	for _, name := range slices.Collect(maps.Keys(f.names)) {
		delete(s.linked.byName, name)
		s.link(name)
	}
}

// linkedEvent handles an event of a file with several names, and reports its other names. It returns true if nothing
// else happened: the file only got another name, or lost one.
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
