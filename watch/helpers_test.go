package watch

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"
)

// both runs a test with notifications, of the system and of whole trees as on macOS, and with polling.
func both(t *testing.T, test func(t *testing.T, opts Options)) {
	t.Run("notify", func(t *testing.T) { test(t, Options{}) })
	t.Run("streams", func(t *testing.T) {
		test(t, Options{notify: func() (notifier, error) { return newStreams(streamOfInotify) }})
	})
	t.Run("poll", func(t *testing.T) { test(t, Options{Poll: true, PollEvery: 20 * time.Millisecond}) })
}

func open(t *testing.T, root string, opts Options) *Watcher {
	t.Helper()
	w, err := New(root, opts)
	must(t, err)
	t.Cleanup(func() { w.Close() })
	return w
}

// patience is how long something may take. It matters only when something is broken.
const patience = time.Minute

// seen collects what batches report.
type seen struct {
	paths  map[string]bool
	rescan bool
}

func await(t *testing.T, w *Watcher, want ...string) seen {
	t.Helper()
	return awaitUnless(t, w, func(seen) bool { return false }, want...)
}

// awaitUnless is await that ends early once enough returns true.
func awaitUnless(t *testing.T, w *Watcher, enough func(seen) bool, want ...string) seen {
	t.Helper()
	s := seen{paths: map[string]bool{}}
	late := time.After(patience)
	for {
		missing := slices.DeleteFunc(slices.Clone(want), func(p string) bool { return s.paths[p] })
		if len(missing) == 0 || enough(s) {
			return s
		}
		select {
		case b, ok := <-w.Batches():
			if !ok {
				t.Fatal("the watcher is closed")
			}
			s.rescan = s.rescan || b.Rescan
			for _, p := range b.Paths {
				s.paths[p] = true
			}
		case <-late:
			t.Fatalf("%d never reported, e.g. %s", len(missing), missing[0])
		}
	}
}

func awaitRescan(t *testing.T, w *Watcher) {
	t.Helper()
	late := time.After(patience)
	for {
		select {
		case b := <-w.Batches():
			if b.Rescan {
				return
			}
		case <-late:
			t.Fatal("no rescan was asked for")
		}
	}
}

func awaitNotice(t *testing.T, w *Watcher, code string) Notice {
	t.Helper()
	select {
	case n := <-w.Notices():
		if n.Code != code {
			t.Fatalf("got notice %q (%s), want %q", n.Code, n.Message, code)
		}
		return n
	case <-time.After(patience):
		t.Fatalf("no notice %q", code)
		return Notice{}
	}
}

func write(t *testing.T, root, name, text string) {
	t.Helper()
	path := filepath.Join(root, name)
	must(t, os.MkdirAll(filepath.Dir(path), 0o755))
	must(t, os.WriteFile(path, []byte(text), 0o644))
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
