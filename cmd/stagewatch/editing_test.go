package main

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stagewatch/stagewatch/engine/dock/docktest"
	"github.com/stagewatch/stagewatch/engine/event"
)

// editing is a session whose folder is edited, by whatever edits in a terminal beside it.
type editing struct {
	*terminal
	t   *testing.T
	dir string
	// out is the session's stream, url what it serves.
	out, url string
	saves    int
}

const editedDockerfile = `FROM python:3.9-alpine
WORKDIR /app
COPY . .
CMD ["python3", "-m", "http.server", "8080"]
`

// newEditing starts a session on the folder app, a git repository, with its stream redirected to out and its cache in
// that folder, beside app or in it.
func newEditing(t *testing.T, out, cache string, flags ...string) *editing {
	t.Helper()
	e := docktest.Engine(t)
	home := t.TempDir()
	s := &editing{t: t, dir: filepath.Join(home, "app"), out: filepath.Join(home, out)}
	s.write("Dockerfile", editedDockerfile)
	s.write("page.txt", "unique "+fmt.Sprint(time.Now().UnixNano())+"\n")
	s.write("fence", "")
	s.write(".dockerignore", "nothing\n")
	s.write("../.gitconfig", "[user]\n\tname = nobody\n\temail = nobody@nowhere\n[init]\n\tdefaultBranch = main\n")
	s.terminal = newTerminal(t, s.dir, 100, 30, "HOME="+home, "DOCKER_HOST="+e.Host)
	s.shell("git init -q && git add . && git commit -q -m one")

	stream, err := os.Create(s.out)
	if err != nil {
		t.Fatal(err)
	}
	defer stream.Close()
	cmd := exec.Command("stagewatch", append(flags, "--progress", "json", "-p", "0:8080")...)
	cmd.Dir = s.dir
	cmd.Env = append(os.Environ(), "HOME="+home, "XDG_CACHE_HOME="+filepath.Join(home, cache), "DOCKER_HOST="+e.Host)
	var said bytes.Buffer
	cmd.Stdout, cmd.Stderr = stream, &said
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Signal(os.Interrupt)
		if err := cmd.Wait(); err != nil {
			t.Errorf("stagewatch: %v\n%s", err, said.String())
		}
		if t.Failed() {
			dt, _ := os.ReadFile(s.out)
			t.Logf("%s", dt)
		}
	})
	s.url = s.await("the first build", func(e event.Event) bool { return kind[event.Serving](e) }).Body.(event.Serving).URL
	return s
}

func kind[B event.Body](e event.Event) bool {
	_, ok := e.Body.(B)
	return ok
}

func (s *editing) write(name, text string) {
	s.t.Helper()
	path := filepath.Join(s.dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		s.t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		s.t.Fatal(err)
	}
}

// shell has the shell run a line, and waits for its end.
func (s *editing) shell(line string) {
	s.t.Helper()
	s.saves++
	s.say(fmt.Sprintf("clear; %s; echo ended$((%d))with$?", line, s.saves))
	s.terminal.await(fmt.Sprintf(`^ended%dwith0$`, s.saves))
}

// events are those of the stream so far.
func (s *editing) events() []event.Event {
	s.t.Helper()
	dt, err := os.ReadFile(s.out)
	if err != nil {
		s.t.Fatal(err)
	}
	var out []event.Event
	for line := range strings.Lines(string(dt)) {
		if !strings.HasSuffix(line, "\n") {
			break // and the rest of it next time
		}
		e, err := event.Decode([]byte(line))
		if err != nil {
			s.t.Fatal(err)
		}
		out = append(out, e)
	}
	return out
}

func (s *editing) await(what string, is func(event.Event) bool) event.Event {
	s.t.Helper()
	var found event.Event
	poll(func() bool {
		all := s.events()
		i := slices.IndexFunc(all, is)
		if i >= 0 {
			found = all[i]
		}
		return i >= 0
	}, func() { s.t.Fatalf("the stream never tells of %s", what) })
	return found
}

// builds waits until all that was written so far is taken in, and counts the builds.
func (s *editing) builds() int {
	s.t.Helper()
	// The first touch may share a batch with what was written before it: the second comes after that.
	for range 2 {
		unchanged := func(e event.Event) bool {
			skip, ok := e.Body.(event.Skipped)
			return ok && skip.Reason == event.Unchanged && slices.Contains(skip.Paths, "fence")
		}
		count := func() (n int) {
			for _, e := range s.events() {
				if unchanged(e) {
					n++
				}
			}
			return n
		}
		before, now := count(), time.Now()
		if err := os.Chtimes(filepath.Join(s.dir, "fence"), now, now); err != nil {
			s.t.Fatal(err)
		}
		poll(func() bool { return count() > before }, func() { s.t.Fatal("a touch is never told of") })
	}
	n := 0
	for _, e := range s.events() {
		if kind[event.Planned](e) {
			n++
		}
	}
	return n
}

// wantBuilds fails unless there were so many builds since before.
func (s *editing) wantBuilds(what string, before, want int) {
	s.t.Helper()
	if got := s.builds() - before; got != want {
		s.t.Errorf("%s: %d builds, want %d", what, got, want)
	}
}

// wantServed waits until build n serves, and compares what it serves with the page.
func (s *editing) wantServed(n int) {
	s.t.Helper()
	s.await(fmt.Sprintf("build %d that serves", n), func(e event.Event) bool { return kind[event.Serving](e) && e.Build == n })
	want, err := os.ReadFile(filepath.Join(s.dir, "page.txt"))
	if err != nil {
		s.t.Fatal(err)
	}
	if got := page(s.t, s.url+"/page.txt"); got != string(want) {
		s.t.Errorf("build %d serves %q, and saved was %q", n, got, want)
	}
}

// keys presses keys, one after the other; what has no name as a key is typed.
func (s *editing) keys(keys []string, text string) {
	for _, k := range keys {
		switch {
		case k == "TEXT":
			s.run("send-keys", "-l", text)
		case strings.HasPrefix(k, ":") || k == "do-auto-save":
			s.run("send-keys", "-l", k)
		default:
			s.press(k)
		}
	}
}

// page returns what is served.
func page(t *testing.T, url string) string {
	t.Helper()
	resp, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(body)
}

func status(t *testing.T, url string) int {
	t.Helper()
	resp, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	return resp.StatusCode
}
