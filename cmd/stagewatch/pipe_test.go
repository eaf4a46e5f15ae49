package main

import (
	"bufio"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stagewatch/stagewatch/engine/dock/docktest"
)

// TestAReaderWhoHasHadEnough: where the stream's reader goes, as in `stagewatch | head`, the session ends as ever and
// leaves nothing on the engine.
func TestAReaderWhoHasHadEnough(t *testing.T) {
	e := docktest.Engine(t)
	dir := killable(t)
	near, far, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("stagewatch", "--progress", "plain", "-p", "0:8080", dir)
	cmd.Stdout = far
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	far.Close()
	stuck := time.AfterFunc(patience, func() { _ = cmd.Process.Kill() })
	defer stuck.Stop()
	for lines := bufio.NewScanner(near); lines.Scan() && !strings.HasPrefix(lines.Text(), "#1 SERVING "); {
	}
	near.Close()
	// So that it has something to say.
	if err := os.WriteFile(filepath.Join(dir, "index.html"), []byte(time.Now().String()), 0o644); err != nil {
		t.Fatal(err)
	}
	var exit *exec.ExitError
	if err := cmd.Wait(); !errors.As(err, &exit) || exit.ExitCode() != 141 {
		t.Errorf("it ended with %v, want exit status 141", err)
	}
	if left, err := leftBy(e, cmd.Process.Pid); err != nil || left != "" {
		t.Errorf("left on the engine: %s %v", left, err)
	}
}

// TestAReaderWhoReadsNothing: a session whose output nobody takes ends when it is told to, with nothing left on the
// engine; and so does what only writes.
func TestAReaderWhoReadsNothing(t *testing.T) {
	e := docktest.Engine(t)
	dir := killable(t)
	url := freeAddress(t)
	near, far, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer near.Close()
	// Nothing goes through but what a pipe holds.
	full(t, far)
	cmd := exec.Command("stagewatch", "--progress", "plain", "-p", strings.TrimPrefix(url, "http://")+":8080", dir)
	cmd.Stdout = far
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	plan := exec.Command("stagewatch", "plan", "--context-dir", dir, "index.html")
	plan.Stdout = far
	if err := plan.Start(); err != nil {
		t.Fatal(err)
	}
	far.Close()
	for _, c := range []*exec.Cmd{cmd, plan} {
		stuck := time.AfterFunc(patience, func() { _ = c.Process.Kill() })
		defer stuck.Stop()
	}
	answers(t, url)
	for c, code := range map[*exec.Cmd]int{cmd: 0, plan: 128 + int(syscall.SIGTERM)} {
		if err := c.Process.Signal(syscall.SIGTERM); err != nil {
			t.Fatal(err)
		}
		if _ = c.Wait(); c.ProcessState.ExitCode() != code {
			t.Errorf("%v ended with %v, want exit code %d", c.Args, c.ProcessState, code)
		}
	}
	if left, err := leftBy(e, cmd.Process.Pid); err != nil || left != "" {
		t.Errorf("left on the engine: %s %v", left, err)
	}
}

// TestTheSecondWishToEnd: whoever asks twice does not wait for anything. One wish that comes twice, as timeout sends it,
// is one.
func TestTheSecondWishToEnd(t *testing.T) {
	for _, tt := range []struct {
		again os.Signal
		after time.Duration
		want  bool
	}{{syscall.SIGTERM, 0, false}, {os.Interrupt, sameFor, false}, {os.Interrupt, 2 * sameFor, true}, {syscall.SIGTERM, time.Hour, true}, {syscall.SIGHUP, time.Hour, false}} {
		if got := insists(tt.again, tt.after); got != tt.want {
			t.Errorf("%v after %v insists: %v", tt.again, tt.after, got)
		}
	}
	cmd := exec.Command("never-ends")
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	stuck := time.AfterFunc(patience, func() { _ = cmd.Process.Kill() })
	defer stuck.Stop()
	lines := bufio.NewScanner(out)
	for _, want := range []string{"begun", "told"} {
		if !lines.Scan() || lines.Text() != want {
			t.Fatalf("it says %q, want %q", lines.Text(), want)
		}
		if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
			t.Fatal(err)
		}
	}
	time.Sleep(2 * sameFor)
	_ = cmd.Process.Signal(syscall.SIGTERM)
	if _ = cmd.Wait(); cmd.ProcessState.ExitCode() != 143 {
		t.Errorf("it ended with %v", cmd.ProcessState)
	}
}

// neverEnds is a program that is told to end, and does not.
func neverEnds() {
	ctx := endings()
	fmt.Println("begun")
	<-ctx.Done()
	fmt.Println("told")
	select {}
}

// full fills a pipe.
func full(t *testing.T, pipe *os.File) {
	t.Helper()
	raw, err := pipe.SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	var full error
	err = raw.Write(func(fd uintptr) bool {
		for full == nil || errors.Is(full, syscall.EINTR) {
			_, full = syscall.Write(int(fd), make([]byte, 1<<10))
		}
		return true
	})
	if err != nil || !errors.Is(full, syscall.EAGAIN) {
		t.Fatal(err, full)
	}
}

// freeAddress is a URL at which nothing listens.
func freeAddress(t *testing.T) string {
	t.Helper()
	probe, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer probe.Close()
	return "http://" + probe.Addr().String()
}

// answers waits until the app does.
func answers(t *testing.T, url string) {
	t.Helper()
	poll(func() bool {
		res, err := http.Get(url)
		if err != nil {
			return false
		}
		defer res.Body.Close()
		return res.StatusCode == http.StatusOK
	}, func() { t.Fatal("nothing answers at", url) })
}
