package watch

import (
	"os"
	"path/filepath"
	"strings"
	"sync"

	"github.com/fsnotify/fsnotify"
)

// macOS reports whole trees, by FSEvents, where fsnotify opens every single file of each folder that it watches. Here is
// all of it but the call into the system, so that it is tested on every system.

// The flags of an event, as Apple's FSEvents.h numbers them. Those of several events on one path come as one event.
const (
	flagMustScan   = 1 << 0
	flagUserDrop   = 1 << 1
	flagKernelDrop = 1 << 2
	flagRoot       = 1 << 5
	flagMount      = 1 << 6
	flagUnmount    = 1 << 7
	flagCreated    = 1 << 8
	flagRemoved    = 1 << 9
	flagInodeMeta  = 1 << 10
	flagRenamed    = 1 << 11
	flagModified   = 1 << 12
	flagFinderInfo = 1 << 13
	flagOwner      = 1 << 14
	flagXattr      = 1 << 15
)

// fromFSEvents converts an event of the stream of a tree to fsnotify's. Lost says that events were dropped, or that the tree
// is another one below a mount point. An event that tells of no change has no Op.
func fromFSEvents(tree, path string, flags uint32) (ev fsnotify.Event, lost bool) {
	if flags&(flagMustScan|flagUserDrop|flagKernelDrop|flagMount|flagUnmount) != 0 {
		return fsnotify.Event{}, true
	}
	if flags&flagRoot != 0 {
		return fsnotify.Event{Name: tree, Op: fsnotify.Rename}, false
	}
	for _, o := range []struct {
		flags uint32
		op    fsnotify.Op
	}{
		{flagCreated, fsnotify.Create},
		{flagRemoved, fsnotify.Remove},
		{flagRenamed, fsnotify.Rename},
		{flagModified, fsnotify.Write},
		{flagInodeMeta | flagFinderInfo | flagOwner | flagXattr, fsnotify.Chmod},
	} {
		if flags&o.flags != 0 {
			ev.Op |= o.op
		}
	}
	ev.Name = asNamed(tree, filepath.Join("/", path))
	return ev, false
}

// asNamed returns a path below a tree with the tree's name as it was given. The system has its own spelling, where upper and
// lower case mean the same folder.
func asNamed(tree, path string) string {
	if n := len(tree); len(path) >= n && strings.EqualFold(path[:n], tree) {
		return tree + path[n:]
	}
	return path
}

// openStream starts to report what happens anywhere in a tree, from another goroutine, until stop is called.
type openStream func(tree string, report func(path string, flags uint32)) (stop func(), err error)

// streams offer the events of whole trees as if each folder was watched by itself. What is no folder is: it may have a name
// outside of the tree, and a stream does not report a write by that one.
type streams struct {
	open   openStream
	files  *fsnotify.Watcher
	events chan fsnotify.Event
	errors chan error
	done   chan struct{}

	mu      sync.Mutex
	trees   map[string]func()   // guarded by mu; what stops each
	watched map[string]struct{} // guarded by mu; nil once it is closed
	under   sync.WaitGroup      // what may send
}

func newStreams(open openStream) (notifier, error) {
	files, err := fsnotify.NewBufferedWatcher(64)
	if err != nil {
		return notifier{}, err
	}
	s := &streams{open: open, files: files, events: make(chan fsnotify.Event, 1024), errors: make(chan error, 1), done: make(chan struct{}),
		trees: map[string]func(){}, watched: map[string]struct{}{}}
	s.under.Go(func() {
		for ev := range files.Events {
			s.send(ev)
		}
	})
	s.under.Go(func() {
		for err := range files.Errors {
			s.fail(err)
		}
	})
	return notifier{add: s.add, remove: s.remove, events: s.events, errors: s.errors, close: s.close}, nil
}

func (s *streams) send(ev fsnotify.Event) {
	select {
	case s.events <- ev:
	case <-s.done:
	}
}

func (s *streams) fail(err error) {
	select {
	case s.errors <- err:
	case <-s.done:
	}
}

func (s *streams) add(path string) error {
	info, err := os.Lstat(path)
	if err != nil {
		return err
	}
	if !info.IsDir() {
		return s.files.Add(path)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.watched == nil {
		return fsnotify.ErrClosed
	}
	s.watched[path] = struct{}{}
	for tree := range s.trees {
		if path == tree || strings.HasPrefix(path, strings.TrimSuffix(tree, "/")+"/") {
			return nil
		}
	}
	stop, err := s.open(path, func(at string, flags uint32) { s.report(path, at, flags) })
	if err != nil {
		return err
	}
	s.trees[path] = stop
	return nil
}

func (s *streams) remove(path string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.watched, path)
	return s.files.Remove(path)
}

// report passes an event on if it is of something that is watched, or in a folder that is.
func (s *streams) report(tree, path string, flags uint32) {
	ev, lost := fromFSEvents(tree, path, flags)
	s.mu.Lock()
	_, itself := s.watched[ev.Name]
	_, within := s.watched[filepath.Dir(ev.Name)]
	if s.watched == nil || !lost && (ev.Op == 0 || !itself && !within) {
		s.mu.Unlock()
		return
	}
	s.under.Add(1)
	s.mu.Unlock()
	defer s.under.Done()
	if lost {
		s.fail(fsnotify.ErrEventOverflow)
		return
	}
	s.send(ev)
}

func (s *streams) close() error {
	s.mu.Lock()
	trees := s.trees
	s.trees, s.watched = nil, nil
	s.mu.Unlock()
	if trees == nil {
		return nil
	}
	close(s.done)
	for _, stop := range trees {
		stop()
	}
	err := s.files.Close()
	s.under.Wait()
	close(s.errors)
	return err
}
