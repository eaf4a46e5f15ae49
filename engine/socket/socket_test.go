package socket

import (
	"bufio"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

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
	return listenFor(t, Session{Context: context, Started: time.Now()})
}

func listenFor(t *testing.T, of Session) *Listener {
	t.Helper()
	l, err := Listen(of)
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
	all, err := Dial(Wanted{Folder: folder, ID: id})
	if err != nil {
		t.Error(err)
		return
	}
	if len(all) != 1 {
		t.Errorf("%d sessions answered for %s", len(all), folder)
	}
	defer all[0].Close()
	if said, _ := bufio.NewReader(all[0]).ReadString('\n'); said != l.ID+"\n" || all[0].ID != l.ID {
		t.Errorf("%q of %q answered for %s, not %s", said, all[0].ID, folder, l.ID)
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

	_, err := Dial(Wanted{Folder: other})
	if err == nil || !strings.Contains(fault.Hint(err), inner) || !strings.Contains(fault.Hint(err), newer.ID) {
		t.Errorf("%v\nhint: %s", err, fault.Hint(err))
	}
	newer.Close()
	answers(t, project, "", first)
}

// TestTheServicesOfAProject are found together by its folder, by a context those that build it, and one by its name. Those
// of an earlier session on the project are not among them, nor one on a Dockerfile in it that is nearer.
func TestTheServicesOfAProject(t *testing.T) {
	home(t, 1)
	root := t.TempDir()
	for _, dir := range []string{"app/src", "web", "alone"} {
		if err := os.MkdirAll(filepath.Join(root, dir), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	begin := func(at time.Time) {
		for service, context := range map[string]string{"api": "app", "worker": "app", "web": "web"} {
			listenFor(t, Session{Context: filepath.Join(root, context), Project: root, Service: service, Started: at})
		}
	}
	begin(time.Now().Add(-time.Minute))
	latest := time.Now()
	begin(latest)
	alone := listenFor(t, Session{Context: filepath.Join(root, "alone"), Started: latest.Add(-time.Hour)})
	for _, c := range []struct {
		folder, service, want string
	}{
		{".", "", "api web worker"}, {"app/src", "", "api worker"}, {"web", "", "web"}, {".", "worker", "worker"}, {"web", "worker", "worker"}, {".", "nosuch", ""},
	} {
		all, err := Dial(Wanted{Folder: filepath.Join(root, c.folder), Name: c.service})
		var got []string
		for _, one := range all {
			got = append(got, one.Service)
			if !one.Started.Equal(latest) {
				t.Errorf("%v: an earlier session answers", c)
			}
			one.Close()
		}
		if strings.Join(got, " ") != c.want || (err == nil) != (c.want != "") {
			t.Errorf("%v: %v, %v", c, got, err)
		}
	}
	answers(t, filepath.Join(root, "alone"), "", alone)
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
		if _, err := Dial(Wanted{Folder: root}); err == nil || !strings.Contains(err.Error(), "belongs to another user") {
			t.Errorf("another user's socket: %v", err)
		}
	}
	if err := os.Chmod(dir, 0o770); err != nil {
		t.Fatal(err)
	}
	if _, err := Dial(Wanted{Folder: root}); err == nil {
		t.Error("a folder that others write to was trusted")
	}
	if l, err := Listen(Session{Context: root}); err != nil {
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
