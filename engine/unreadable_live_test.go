package engine

import (
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/stagewatch/stagewatch/engine/config"
	"github.com/stagewatch/stagewatch/engine/dock/docktest"
	"github.com/stagewatch/stagewatch/engine/event"
	"github.com/stagewatch/stagewatch/engine/tree/treetest"
)

// TestWhatCantBeReadFailsTheBuild, which names it, and is made again when it can be read; what serves goes on, as stale.
// What no step reads may be shut.
func TestWhatCantBeReadFailsTheBuild(t *testing.T) {
	if !treetest.Nobody(t, socketGroup(t)) {
		return
	}
	l := newLive(t)
	l.write("lib/deep/code.py", "")
	l.write("data/private", "")
	l.write(".dockerignore", "data\n*.pyc\nDockerfile\n.dockerignore\n")
	l.start(config.Config{})
	first, _ := await[event.Serving](l, nil)
	for _, shut := range []struct {
		path, told string
		mode       os.FileMode
	}{
		{"data", "", 0},
		{"lib", "lib", 0},
		{"lib/deep", "lib/deep/code.py", 0o444},
		{"page.txt", "page.txt", 0},
		{"Dockerfile", "Dockerfile", 0},
	} {
		path := filepath.Join(l.dir, shut.path)
		usual, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(path, shut.mode); err != nil {
			t.Fatal(err)
		}
		if shut.told != "" {
			failed, _ := await[event.Failed](l, nil)
			if !strings.Contains(failed.Message, shut.told) || !strings.Contains(failed.Message, "permission denied") || failed.Hint == "" {
				t.Errorf("%s: %q, %q", shut.path, failed.Message, failed.Hint)
			}
			await[event.Stale](l, nil)
			if got := l.get(first.URL); got != "one" {
				t.Errorf("%s: the app serves %q", shut.path, got)
			}
		}
		if err := os.Chmod(path, usual.Mode()); err != nil {
			t.Fatal(err)
		}
		if shut.told != "" {
			await[event.Serving](l, nil)
		}
	}
	l.write("page.txt", "two")
	l.serves(first.URL, "two")
}

// TestAFolderThatIsShutAtTheStart is read, and watched, from when it can be.
func TestAFolderThatIsShutAtTheStart(t *testing.T) {
	if !treetest.Nobody(t, socketGroup(t)) {
		return
	}
	l := newLive(t)
	l.write("main.py", strings.ReplaceAll(liveApp, "/app/page.txt", "/app/lib/deep/page.txt"))
	l.write("lib/deep/page.txt", "one")
	lib := filepath.Join(l.dir, "lib")
	if err := os.Chmod(lib, 0); err != nil {
		t.Fatal(err)
	}
	l.start(config.Config{})
	failed, _ := await[event.Failed](l, nil)
	if !strings.Contains(failed.Message, "reading lib ") {
		t.Errorf("failed for %q", failed.Message)
	}
	if err := os.Chmod(lib, 0o755); err != nil {
		t.Fatal(err)
	}
	s, _ := await[event.Serving](l, nil)
	l.serves(s.URL, "one")
	l.write("lib/deep/page.txt", "two")
	l.serves(s.URL, "two")
}

// socketGroup is the group that may talk to the engine.
func socketGroup(t *testing.T) uint32 {
	t.Helper()
	e := docktest.Engine(t)
	host, err := url.Parse(e.Host)
	if err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(host.Path)
	if err != nil {
		t.Skip("the engine has no socket: ", err)
	}
	return info.Sys().(*syscall.Stat_t).Gid
}

// TestANameThatCantBeSent fails the build with the name, and the build is made when it is gone.
func TestANameThatCantBeSent(t *testing.T) {
	l := newLive(t)
	l.start(config.Config{})
	await[event.Serving](l, nil)
	odd := filepath.Join(l.dir, "caf\xe9.txt")
	if err := os.WriteFile(odd, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	failed, _ := await[event.Failed](l, nil)
	if !strings.Contains(failed.Message, `"caf\xe9.txt"`) || !strings.Contains(failed.Hint, ".dockerignore") {
		t.Errorf("%q, %q", failed.Message, failed.Hint)
	}
	if err := os.Remove(odd); err != nil {
		t.Fatal(err)
	}
	await[event.Serving](l, nil)
}

// TestNoDescriptorsLeft: the build says so, and is made when there are some again.
func TestNoDescriptorsLeft(t *testing.T) {
	l := newLive(t)
	l.start(config.Config{})
	first, _ := await[event.Serving](l, nil)
	await[event.Ledger](l, nil)
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		t.Fatal(err)
	}
	set := func(limit syscall.Rlimit) {
		if err := syscall.Setrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
			t.Error(err)
		}
	}
	t.Cleanup(func() { set(limit) })
	few := limit
	few.Cur = 3
	// To rename takes no descriptor: there is none from the save on.
	aside := filepath.Join(t.TempDir(), "page.txt")
	if err := os.WriteFile(aside, []byte("two"), 0o644); err != nil {
		t.Fatal(err)
	}
	set(few)
	if err := os.Rename(aside, filepath.Join(l.dir, "page.txt")); err != nil {
		t.Fatal(err)
	}
	failed, _ := await[event.Failed](l, nil)
	set(limit)
	if !strings.Contains(failed.Message, "too many open files") || !strings.Contains(failed.Hint, "ulimit -n") {
		t.Errorf("%q, %q", failed.Message, failed.Hint)
	}
	l.serves(first.URL, "two")
}
