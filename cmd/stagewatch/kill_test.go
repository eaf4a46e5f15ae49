package main

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stagewatch/stagewatch/engine/dock/docktest"
)

// program is a stagewatch with a plain stream.
type program struct {
	*exec.Cmd
	t *testing.T

	mu  sync.Mutex
	out bytes.Buffer
}

// startProgram starts the program on a folder, with the environment beside the test's own.
func startProgram(t *testing.T, dir string, env ...string) *program {
	t.Helper()
	p := &program{Cmd: exec.Command("stagewatch", "--progress", "plain", "-p", "0:8080", dir), t: t}
	p.Env = append(os.Environ(), env...)
	p.Stdout, p.Stderr = p, p
	if err := p.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if p.ProcessState == nil {
			_ = p.Process.Signal(os.Interrupt)
			_ = p.Wait()
		}
	})
	return p
}

func (p *program) Write(text []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.out.Write(text)
}

// said is the output so far.
func (p *program) said() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.out.String()
}

// await waits until the output matches, and returns the first group.
func (p *program) await(pattern string) string {
	p.t.Helper()
	want := regexp.MustCompile("(?m)" + pattern)
	var found []string
	poll(func() bool {
		found = want.FindStringSubmatch(p.said())
		return found != nil
	}, func() { p.t.Fatalf("it does not say %s:\n%s", pattern, p.said()) })
	return found[len(found)-1]
}

// TestKilledAtAnyMoment kills sessions at random moments of their lives. The next start leaves nothing of the one
// that was killed, and a sibling serves on as if nothing had been. `make soak` kills 50.
func TestKilledAtAnyMoment(t *testing.T) {
	e := docktest.Engine(t)
	kills := 5
	if os.Getenv("SOAK_FOR") != "" {
		kills = 50
	}
	cache := "XDG_CACHE_HOME=" + t.TempDir()
	dir, beside := killable(t), killable(t)
	sibling := startProgram(t, beside, cache)
	url := sibling.await(`^#1 SERVING (http://\S+)`)

	var dead []int
	for n := range kills {
		p := startProgram(t, dir, cache)
		moment := time.Duration(rand.IntN(4000)) * time.Millisecond
		timer := time.NewTimer(moment)
		for running := true; running; {
			// Now and then a save, so that it dies in the midst of other builds than the first one.
			if err := os.WriteFile(filepath.Join(dir, "index.html"), fmt.Append(nil, n, time.Now()), 0o644); err != nil {
				t.Fatal(err)
			}
			select {
			case <-timer.C:
				running = false
			case <-time.After(time.Duration(rand.IntN(1000)) * time.Millisecond):
			}
		}
		if err := p.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		_ = p.Wait()
		dead = append(dead, p.Process.Pid)
	}
	last := startProgram(t, dir, cache)
	last.await(`^#\d+ SERVING `)
	for _, pid := range dead {
		var left string
		var err error
		poll(func() bool { left, err = leftBy(e, pid); return err == nil && left == "" },
			func() { t.Errorf("left by %d: %s %v\n%s", pid, left, err, last.said()) })
	}
	if err := last.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	if err := last.Wait(); err != nil {
		t.Error(err)
	}
	answer, err := http.Get(url)
	if err != nil {
		t.Fatal("the sibling is gone: ", err)
	}
	answer.Body.Close()
	if n := strings.Count(sibling.said(), "SERVING"); n != 1 {
		t.Errorf("the sibling began to serve %d times", n)
	}
}

// killable is a folder with a Dockerfile of two stages, none of whose steps any cache knows.
func killable(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range map[string]string{
		"Dockerfile": "FROM python:3.9-alpine AS build\nWORKDIR /web\nCOPY index.html .\nRUN cp index.html copy.html\n" +
			"FROM python:3.9-alpine\nWORKDIR /web\nCOPY --from=build /web /web\nCMD [\"python\", \"-u\", \"-m\", \"http.server\", \"8080\"]\n",
		"index.html": fmt.Sprint(time.Now().UnixNano()),
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}
