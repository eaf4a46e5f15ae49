package watch

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/fsnotify/fsnotify"
)

func TestRootThatGoesAndComesBack(t *testing.T) {
	for _, test := range []struct {
		name  string
		leave func(t *testing.T, root string)
		back  func(t *testing.T, root string)
	}{
		{
			"renamed away and back",
			func(t *testing.T, root string) { must(t, os.Rename(root, root+".away")) },
			func(t *testing.T, root string) { must(t, os.Rename(root+".away", root)) },
		},
		{
			"deleted and made again",
			func(t *testing.T, root string) { must(t, os.RemoveAll(root)) },
			func(t *testing.T, root string) { write(t, root, "sub/app.py", "new") },
		},
		{
			"the folder above renamed, found out at the next write",
			func(t *testing.T, root string) {
				above := filepath.Dir(root)
				must(t, os.Rename(above, above+".away"))
				write(t, above+".away", "ctx/sub/app.py", "")
			},
			func(t *testing.T, root string) { must(t, os.Rename(filepath.Dir(root)+".away", filepath.Dir(root))) },
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			both(t, func(t *testing.T, opts Options) {
				root := filepath.Join(t.TempDir(), "above", "ctx")
				write(t, root, "sub/app.py", "")
				w := open(t, root, opts)
				test.leave(t, root)
				awaitNotice(t, w, RootGone)
				test.back(t, root)
				awaitNotice(t, w, RootBack)
				awaitRescan(t, w)
				write(t, root, "sub/app.py", "watched as before")
				await(t, w, "sub/app.py")
			})
		})
	}
}

// limited returns a system that refuses everything after the first folders with err.
func limited(folders int32, err error) func() (notifier, error) {
	var count atomic.Int32
	return func() (notifier, error) {
		n, openErr := newNotifier()
		add := n.add
		n.add = func(dir string) error {
			if count.Add(1) > folders {
				return &fs.PathError{Op: "inotify_add_watch", Path: dir, Err: err}
			}
			return add(dir)
		}
		return n, openErr
	}
}

func TestLimitFallsBackToComparing(t *testing.T) {
	fast := func(notify func() (notifier, error)) Options {
		return Options{PollEvery: 20 * time.Millisecond, notify: notify}
	}

	t.Run("at the start", func(t *testing.T) {
		root := t.TempDir()
		write(t, root, "a/b/file", "")
		w, err := New(root, fast(limited(1, syscall.ENOSPC)))
		must(t, err)
		defer w.Close()
		says(t, awaitNotice(t, w, Limit), "fs.inotify.max_user_watches")
		if w.Mode() != ModePoll {
			t.Errorf("the mode is %s", w.Mode())
		}
		write(t, root, "a/b/file", "two")
		if s := await(t, w, "a/b/file"); s.rescan {
			t.Error("nothing can be missing at the start, and yet a rescan was asked for")
		}
	})

	t.Run("later", func(t *testing.T) {
		root := t.TempDir()
		w, err := New(root, fast(limited(1, syscall.ENOSPC)))
		must(t, err)
		defer w.Close()
		if w.Mode() != ModeNotify {
			t.Errorf("the mode is %s", w.Mode())
		}
		write(t, root, "a/b/file", "")
		says(t, awaitNotice(t, w, Limit), "fs.inotify.max_user_watches")
		awaitRescan(t, w)
		write(t, root, "a/b/file", "two")
		await(t, w, "a/b/file")
		if w.Mode() != ModePoll {
			t.Errorf("the mode is %s", w.Mode())
		}
	})

	t.Run("no instance left", func(t *testing.T) {
		root := t.TempDir()
		w, err := New(root, fast(func() (notifier, error) { return notifier{}, syscall.EMFILE }))
		must(t, err)
		defer w.Close()
		says(t, awaitNotice(t, w, Limit), "fs.inotify.max_user_instances")
		write(t, root, "file", "")
		await(t, w, "file")
	})
}

// says checks that the notice names the setting, its value and how to raise it.
func says(t *testing.T, n Notice, setting string) {
	t.Helper()
	current, err := readSetting(setting)
	must(t, err)
	if want := fmt.Sprintf("%s (now %d)", setting, current); !strings.Contains(n.Message, want) {
		t.Errorf("%q does not say %q", n.Message, want)
	}
	_, value, _ := strings.Cut(n.Hint, "sudo sysctl "+setting+"=")
	if raised, err := strconv.Atoi(value); err != nil || raised <= current {
		t.Errorf("the hint raises nothing: %q", n.Hint)
	}
}

func TestOtherFailureIsNotBlamedOnASetting(t *testing.T) {
	n := limitNotice(syscall.ENOSYS, instanceSetting())
	if strings.Contains(n.Message, "fs.inotify") || n.Hint != "" {
		t.Errorf("got %+v", n)
	}
}

func TestFolderThatMayNotBeReadIsLeftOut(t *testing.T) {
	root := t.TempDir()
	write(t, root, "secret/file", "")
	w, err := New(root, Options{notify: func() (notifier, error) {
		n, err := newNotifier()
		add := n.add
		n.add = func(dir string) error {
			if filepath.Base(dir) == "secret" {
				return &fs.PathError{Op: "inotify_add_watch", Path: dir, Err: syscall.EACCES}
			}
			return add(dir)
		}
		return n, err
	}})
	must(t, err)
	defer w.Close()
	if n := awaitNotice(t, w, Unreadable); !strings.Contains(n.Message, filepath.Join(root, "secret")) {
		t.Errorf("the notice does not name the folder: %s", n.Message)
	}
	write(t, root, "file", "")
	await(t, w, "file")
}

func TestOverflowAsksForARescan(t *testing.T) {
	root := t.TempDir()
	write(t, root, "sub/file", "")
	overflow := make(chan error)
	first := true
	w, err := New(root, Options{notify: func() (notifier, error) {
		n, err := newNotifier()
		if first {
			n.errors, first = overflow, false
		}
		return n, err
	}})
	must(t, err)
	defer w.Close()
	overflow <- fsnotify.ErrEventOverflow
	close(overflow)
	awaitNotice(t, w, Overflow)
	awaitRescan(t, w)
	write(t, root, "sub/file", "watched as before")
	await(t, w, "sub/file")
}
