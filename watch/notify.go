package watch

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/fsnotify/fsnotify"
)

// lookEvery is how often the source looks for what the system does not report. A look costs a few stats.
const lookEvery = time.Second

// notifier is the part of fsnotify that is used.
type notifier struct {
	add, remove func(dir string) error
	events      <-chan fsnotify.Event
	errors      <-chan error
	close       func() error
}

// notifySource sees writes by the system's notifications.
type notifySource struct {
	w    *Watcher
	n    notifier
	root os.FileInfo
	// dir is the root with all links followed. The system reports a folder that is watched by two names by one of them.
	dir string
	// dirs are the folders that are watched for all that is in them, not only for an extra file.
	dirs   map[string]struct{}
	extras *extras
	linked linkedFiles
	lost   chan struct{} // the system's queue overflowed
}

func (w *Watcher) openNotify(ctx context.Context) (source, ending) {
	root, dir, ok := w.resolve()
	if !ok {
		return nil, rootLost
	}
	n, err := w.opts.notify()
	if err != nil {
		w.say(limitNotice(err, instanceSetting()))
		return nil, exhausted
	}
	s := &notifySource{w: w, n: n, root: root, dir: dir, dirs: map[string]struct{}{}, extras: newExtras(w.extra), lost: make(chan struct{}, 1)}
	s.linked = linkedFiles{map[string]*linkedFile{}, map[fileID]*linkedFile{}}
	// fsnotify may hold its lock while it sends an error, and add needs that lock: errors need a goroutine of their
	// own.
	go s.drain()
	end := s.watch(ctx, dir, false)
	if end == running {
		end = s.followExtras()
	}
	if end != running {
		s.close()
		return nil, end
	}
	for name := range w.extra {
		s.extras.changed(name)
	}
	s.watchLinked(ctx)
	return s, running
}

func (s *notifySource) abs(rel string) string { return filepath.Join(s.dir, filepath.FromSlash(rel)) }

func (s *notifySource) rel(abs string, isDir bool) (rel string, ok bool) {
	return s.w.rel(s.dir, abs, isDir)
}

func (s *notifySource) close() { s.n.close() }

// drain records an overflow. The other errors are about watches that no longer exist.
func (s *notifySource) drain() {
	for err := range s.n.errors {
		if errors.Is(err, fsnotify.ErrEventOverflow) {
			select {
			case s.lost <- struct{}{}:
			default:
			}
		}
	}
}

func (s *notifySource) serve(ctx context.Context) ending {
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return closed
		case <-s.w.again:
			return outdated
		case <-s.w.more:
			s.watchLinked(ctx)
		case <-tick.C:
			if end := s.look(ctx); end != running {
				return end
			}
		case <-s.lost:
			return overflowed
		case ev, ok := <-s.n.events:
			if !ok {
				return overflowed
			}
			if end := s.event(ctx, ev); end != running {
				return end
			}
		}
	}
}

// event handles an event as a hint: what counts is what is there now, not what the event says. What happened after the
// event has events of its own.
func (s *notifySource) event(ctx context.Context, ev fsnotify.Event) ending {
	moved := ev.Has(fsnotify.Remove) || ev.Has(fsnotify.Rename)
	if ev.Name == s.dir {
		if moved {
			return rootLost // even if there is one of that name again: the watches are on the old one
		}
		return running
	}
	if !s.w.isRoot(s.root) { // a folder above was renamed
		return rootLost
	}
	_, isDir := s.dirs[ev.Name]
	if isDir && moved {
		s.forget(ev.Name)
	}
	if end := s.extraEvent(ctx, ev.Name); end != running {
		return end
	}
	if s.linkedEvent(ctx, ev) {
		return running
	}
	if _, ok := s.dirs[filepath.Dir(ev.Name)]; !ok {
		return running // watched for an extra file, or moved away meanwhile
	}
	appeared := false
	if moved || ev.Has(fsnotify.Create) || ev.Has(fsnotify.Chmod) && !isDir {
		info, err := os.Lstat(ev.Name)
		appeared = err == nil && info.IsDir() // or can be read again
	}
	rel, ok := s.rel(ev.Name, isDir || appeared)
	if !ok {
		return running
	}
	s.w.hit(ctx, hit{path: rel, at: time.Now()})
	if appeared {
		return s.watch(ctx, ev.Name, true)
	}
	return running
}

// watch adds a folder and everything below it. It watches each folder first and lists it then: what is created between
// the two is seen twice, and nothing is missed. If report is set, what it finds is reported.
func (s *notifySource) watch(ctx context.Context, dir string, report bool) ending {
	todo := []string{dir}
	for len(todo) > 0 {
		if ctx.Err() != nil {
			return closed
		}
		dir, todo = todo[len(todo)-1], todo[:len(todo)-1]
		added, end := s.add(dir)
		if end != running {
			return end
		}
		if !added {
			continue
		}
		s.dirs[dir] = struct{}{}
		delete(s.w.refused, dir)
		entries, err := os.ReadDir(dir)
		if errors.Is(err, fs.ErrPermission) {
			s.w.unreadable(dir, err)
		}
		for _, entry := range entries { // what could be read, whatever the error
			path := filepath.Join(dir, entry.Name())
			rel, ok := s.rel(path, entry.IsDir())
			if !ok {
				continue
			}
			if report {
				s.w.hit(ctx, hit{path: rel, at: time.Now()})
			}
			if entry.IsDir() {
				todo = append(todo, path)
			}
		}
	}
	return running
}

// add watches one folder. It returns false if the folder does not exist or must not be read.
func (s *notifySource) add(dir string) (bool, ending) {
	err := s.n.add(dir)
	switch {
	case err == nil:
		return true, running
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, syscall.ENOTDIR):
		if dir == s.dir {
			return false, rootLost
		}
		return false, running
	case errors.Is(err, fs.ErrPermission):
		s.w.unreadable(dir, err)
		return false, running
	default:
		s.w.say(limitNotice(err, watchSetting()))
		return false, exhausted
	}
}

// forget ends the watches on a folder that was moved or deleted, and on everything below it. The system would go on to
// report a moved folder by its old name.
func (s *notifySource) forget(dir string) {
	for path := range s.dirs {
		if path == dir || strings.HasPrefix(path, dir+string(filepath.Separator)) {
			s.n.remove(path) // an error means that it is gone already
			delete(s.dirs, path)
		}
	}
}
