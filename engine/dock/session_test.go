package dock

import (
	"bufio"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// inHouse begins a session whose locks are in dir.
func inHouse(t *testing.T, dir, host string) *Session {
	t.Helper()
	s, err := newSession(dir, host)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestSessionsOfAFolderShareTheirHouseAndNothingElse(t *testing.T) {
	dir := t.TempDir()
	one, two, other := inHouse(t, dir, "h"), inHouse(t, dir, "h"), inHouse(t, t.TempDir(), "h")
	defer one.Close()
	defer two.Close()
	defer other.Close()
	house := func(s *Session) string {
		of, pid, ok := parseID(s.ID)
		if !ok || pid != os.Getpid() {
			t.Errorf("the id %s does not name pid %d", s.ID, os.Getpid())
		}
		return of
	}
	if one.ID == two.ID || house(one) != house(two) || house(one) == house(other) {
		t.Errorf("ids %s, %s, elsewhere %s", one.ID, two.ID, other.ID)
	}
}

func TestCloseLeavesNoLock(t *testing.T) {
	dir := t.TempDir()
	s := inHouse(t, dir, "h")
	if err := s.OwnTag("app:latest"); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if left, _ := filepath.Glob(filepath.Join(dir, "*-*")); len(left) > 0 {
		t.Errorf("left: %v", left)
	}
}

// killed begins a session in another process and kills that process. It returns the session's id. TestMain is the other
// process.
func killed(t *testing.T, dir, host string, tags ...string) string {
	t.Helper()
	child := exec.CommandContext(t.Context(), os.Args[0])
	child.Env = append(os.Environ(), "STAGEWATCH_TEST_SESSION="+strings.Join(append([]string{dir, host}, tags...), " "))
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	id, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = child.Wait()
	return strings.TrimSpace(id)
}

func TestMain(m *testing.M) {
	if known := os.Getenv(asBuildx); known != "" && filepath.Base(os.Args[0]) == "docker" {
		os.Exit(buildx(known, os.Args[1:]))
	}
	args := strings.Fields(os.Getenv("STAGEWATCH_TEST_SESSION"))
	if len(args) < 2 {
		os.Exit(m.Run())
	}
	s, err := newSession(args[0], args[1])
	if err != nil {
		panic(err)
	}
	for _, tag := range args[2:] {
		if err := s.OwnTag(tag); err != nil {
			panic(err)
		}
	}
	_, _ = os.Stdout.WriteString(s.ID + "\n")
	select {}
}

// TestASessionNeedsNoLock: if the folder of locks can't be used, the session begins with its lock elsewhere or with
// none, and says why.
func TestASessionNeedsNoLock(t *testing.T) {
	for name, spoil := range map[string]func(dir string) error{
		"the folder is a file":  func(dir string) error { return os.WriteFile(dir, nil, 0o600) },
		"the folder is a pipe":  func(dir string) error { return syscall.Mkfifo(dir, 0o600) },
		"the house is a folder": func(dir string) error { return os.MkdirAll(filepath.Join(dir, "house"), 0o700) },
		"the house is a pipe": func(dir string) error {
			return errors.Join(os.Mkdir(dir, 0o700), syscall.Mkfifo(filepath.Join(dir, "house"), 0o600))
		},
	} {
		t.Run(name, func(t *testing.T) {
			dir, other := filepath.Join(t.TempDir(), "sessions"), t.TempDir()
			if err := spoil(dir); err != nil {
				t.Fatal(err)
			}
			elsewhere, nowhere := firstSession("h", dir, other), firstSession("h", dir)
			if elsewhere.Unkept == nil || elsewhere.dir != other {
				t.Errorf("the lock is in %s, because of %v", elsewhere.dir, elsewhere.Unkept)
			}
			if nowhere.Unkept == nil || nowhere.lock != nil {
				t.Errorf("there is a lock, or no reason for none: %v", nowhere.Unkept)
			}
			for _, s := range []*Session{elsewhere, nowhere} {
				if _, _, ok := parseID(s.ID); !ok {
					t.Errorf("the id %s is none", s.ID)
				}
				if err := errors.Join(s.OwnTag("app:latest"), s.Close()); err != nil {
					t.Error(err)
				}
			}
		})
	}
}

// TestALockThatIsAPipe: a pipe is not a lock of ours, and opening it would block.
func TestALockThatIsAPipe(t *testing.T) {
	dir := t.TempDir()
	id := inHouse(t, dir, "h").ID[:12] + "-" + "4194304" + "-x"
	if err := syscall.Mkfifo(filepath.Join(dir, id), 0o600); err != nil {
		t.Fatal(err)
	}
	if swept, err := (&Engine{}).bury(t.Context(), dir, id); err != nil || swept != (Swept{}) {
		t.Errorf("swept %v, %v", swept, err)
	}
}
