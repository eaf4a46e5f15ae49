package socket

import (
	"bufio"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stagewatch/stagewatch/engine/fault"
)

// home gives the test a home of its own, as deep as asked for.
func home(t *testing.T, deep int) string {
	dir := filepath.Join(t.TempDir(), strings.Repeat("x", deep))
	t.Setenv("HOME", dir)
	t.Setenv("XDG_CACHE_HOME", filepath.Join(dir, "cache"))
	t.Setenv("TMPDIR", t.TempDir())
	return filepath.Join(dir, "cache", "stagewatch", "running")
}

// listen opens a socket that answers each connection with its ID.
func listen(t *testing.T, context string) *Listener {
	t.Helper()
	l, err := Listen(context, "")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			fmt.Fprintln(conn, l.ID)
			conn.Close()
		}
	}()
	return l
}

// answers fails unless it is the session l that answers for a folder.
func answers(t *testing.T, folder, id string, l *Listener) {
	t.Helper()
	conn, s, err := Dial(folder, id)
	if err != nil {
		t.Error(err)
		return
	}
	defer conn.Close()
	if said, _ := bufio.NewReader(conn).ReadString('\n'); said != l.ID+"\n" || s.ID != l.ID {
		t.Errorf("%q of %q answered for %s, not %s", said, s.ID, folder, l.ID)
	}
}

func TestASessionIsFoundByItsFolder(t *testing.T) {
	home(t, 1)
	root := t.TempDir()
	for _, dir := range []string{"project/app/src", "other"} {
		if err := os.MkdirAll(filepath.Join(root, dir), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	project, inner, other := filepath.Join(root, "project"), filepath.Join(root, "project/app"), filepath.Join(root, "other")
	link := filepath.Join(root, "link")
	if err := os.Symlink(project, link); err != nil {
		t.Fatal(err)
	}
	first := listen(t, link)
	answers(t, project, "", first)
	answers(t, link, "", first)
	answers(t, filepath.Join(inner, "src"), "", first)
	nearer := listen(t, inner)
	answers(t, filepath.Join(inner, "src"), "", nearer)
	newer := listen(t, project)
	answers(t, project, "", newer)
	answers(t, other, first.ID, first)

	_, _, err := Dial(other, "")
	if err == nil || !strings.Contains(fault.Hint(err), inner) || !strings.Contains(fault.Hint(err), newer.ID) {
		t.Errorf("%v\nhint: %s", err, fault.Hint(err))
	}
	newer.Close()
	answers(t, project, "", first)
}

// TestTheSocketIsTheUsersOwn: nobody else may open it, and one that is somebody else's is not used.
func TestTheSocketIsTheUsersOwn(t *testing.T) {
	dir := home(t, 1)
	root := t.TempDir()
	l := listen(t, root)
	for path, want := range map[string]os.FileMode{dir: os.ModeDir | 0o700, l.path(socketSuffix): os.ModeSocket | 0o600, l.path(noteSuffix): 0o600} {
		info, err := os.Lstat(path)
		if err != nil || info.Mode() != want {
			t.Errorf("%s: %v, %v", path, info.Mode(), err)
		}
	}
	if os.Geteuid() == 0 {
		if err := os.Lchown(l.path(socketSuffix), 1, 1); err != nil {
			t.Fatal(err)
		}
		if _, _, err := Dial(root, ""); err == nil || !strings.Contains(err.Error(), "belongs to another user") {
			t.Errorf("another user's socket: %v", err)
		}
	}
	if err := os.Chmod(dir, 0o770); err != nil {
		t.Fatal(err)
	}
	if _, _, err := Dial(root, ""); err == nil {
		t.Error("a folder that others write to was trusted")
	}
	if l, err := Listen(root, ""); err != nil {
		t.Error(err)
	} else {
		if strings.HasPrefix(l.path(socketSuffix), dir) {
			t.Error("a socket was put into a folder that others write to")
		}
		l.Close()
	}
}

// TestWhatAKilledSessionLeftIsRemoved: its socket and its note.
func TestWhatAKilledSessionLeftIsRemoved(t *testing.T) {
	home(t, 1)
	root := t.TempDir()
	living := listen(t, root)
	killed := listen(t, root)
	// The system closes the socket, and nobody removes it.
	killed.Listener.Close()
	answers(t, root, "", living)
	for _, suffix := range []string{socketSuffix, noteSuffix} {
		if _, err := os.Lstat(killed.path(suffix)); err == nil {
			t.Errorf("%s is still there", killed.path(suffix))
		}
	}
}

// TestALongPath: the path of a socket may have 107 bytes, and homes are deeper.
func TestALongPath(t *testing.T) {
	home(t, 120)
	root := t.TempDir()
	l := listen(t, root)
	answers(t, root, "", l)
	if _, err := net.Dial("unix", l.path(socketSuffix)); len(l.path(socketSuffix)) >= longest && err == nil {
		t.Error("the system takes long paths: nothing has to be done about them")
	}
	l.Close()
	if _, err := os.Lstat(l.path(socketSuffix)); err == nil {
		t.Error("it was not removed")
	}
}
