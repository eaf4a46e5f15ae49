package watch

import (
	"io/fs"
	"maps"
	"path/filepath"
	"testing"

	"github.com/fsnotify/fsnotify"
)

func TestFromFSEvents(t *testing.T) {
	const isFile, isDir, historyDone = 1 << 16, 1 << 17, 1 << 4
	for _, c := range []struct {
		path  string
		flags uint32
		want  fsnotify.Event
		lost  bool
	}{
		{"/src/app.py", flagModified | isFile, fsnotify.Event{Name: "/src/app.py", Op: fsnotify.Write}, false},
		{"src/app.py", flagModified | isFile, fsnotify.Event{Name: "/src/app.py", Op: fsnotify.Write}, false},
		{"/SRC/App.py", flagModified | isFile, fsnotify.Event{Name: "/src/App.py", Op: fsnotify.Write}, false},
		{"/src/new", flagCreated | isDir, fsnotify.Event{Name: "/src/new", Op: fsnotify.Create}, false},
		{"/src/a", flagCreated | flagModified | flagRemoved | flagXattr | isFile,
			fsnotify.Event{Name: "/src/a", Op: fsnotify.Create | fsnotify.Write | fsnotify.Remove | fsnotify.Chmod}, false},
		{"/src/a", flagRenamed | isFile, fsnotify.Event{Name: "/src/a", Op: fsnotify.Rename}, false},
		{"/src/a", flagInodeMeta | isFile, fsnotify.Event{Name: "/src/a", Op: fsnotify.Chmod}, false},
		{"/src/a", flagOwner | isFile, fsnotify.Event{Name: "/src/a", Op: fsnotify.Chmod}, false},
		{"/src/a", flagFinderInfo | isFile, fsnotify.Event{Name: "/src/a", Op: fsnotify.Chmod}, false},
		// The root and all above it; the path is that of the stream.
		{"/src", flagRoot, fsnotify.Event{Name: "/src", Op: fsnotify.Rename}, false},
		{"/", historyDone, fsnotify.Event{Name: "/"}, false},
		{"/src/sub", flagMustScan | flagUserDrop, fsnotify.Event{}, true},
		{"/src", flagMustScan | flagKernelDrop, fsnotify.Event{}, true},
		{"/src/mnt", flagMount, fsnotify.Event{}, true},
		{"/src/mnt", flagUnmount, fsnotify.Event{}, true},
	} {
		ev, lost := fromFSEvents("/src", c.path, c.flags)
		if ev.Name != c.want.Name || ev.Op != c.want.Op || lost != c.lost {
			t.Errorf("%s with %x: %v, lost %v", c.path, c.flags, ev, lost)
		}
	}
}

// A drop is told to the watcher, which has everything compared.
func TestADroppedEventAsksForARescan(t *testing.T) {
	root := t.TempDir()
	var drop func()
	w := open(t, root, Options{notify: func() (notifier, error) {
		return newStreams(func(tree string, report func(string, uint32)) (func(), error) {
			drop = func() { report(tree, flagMustScan|flagKernelDrop) }
			return streamOfInotify(tree, report)
		})
	}})
	drop()
	awaitNotice(t, w, Overflow)
	awaitRescan(t, w)
}

// streamOfInotify reports a tree as FSEvents does: all that is in it, by one stream, and with each event on a path the flags of
// all events that the path ever had, because FSEvents makes one of several.
func streamOfInotify(tree string, report func(path string, flags uint32)) (stop func(), err error) {
	fw, err := fsnotify.NewBufferedWatcher(1024)
	if err != nil {
		return nil, err
	}
	names := map[fsnotify.Op]uint32{fsnotify.Create: flagCreated, fsnotify.Remove: flagRemoved, fsnotify.Rename: flagRenamed, fsnotify.Write: flagModified, fsnotify.Chmod: flagInodeMeta}
	had := map[string]uint32{}
	var add func(dir string, told bool)
	tell := func(path string, flags uint32) {
		if path == tree {
			report(path, flagRoot)
			return
		}
		had[path] |= flags
		report(path, had[path])
	}
	add = func(dir string, told bool) {
		_ = filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
			if err == nil && d.IsDir() {
				_ = fw.Add(path)
			}
			if err == nil && told {
				tell(path, flagCreated)
			}
			return nil
		})
	}
	add(tree, false)
	done := make(chan struct{})
	go func() {
		defer close(done)
		for ev := range fw.Events {
			if ev.Has(fsnotify.Rename) || ev.Has(fsnotify.Remove) {
				_ = fw.Remove(ev.Name)
			}
			for op, flags := range maps.All(names) {
				if ev.Has(op) && !(ev.Name == tree && op == fsnotify.Chmod) {
					tell(ev.Name, flags)
				}
			}
			if ev.Has(fsnotify.Create) {
				add(ev.Name, true)
			}
		}
	}()
	return func() { fw.Close(); <-done }, nil
}
