package main

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/stagewatch/stagewatch/engine/dock/docktest"
)

// BenchmarkStart measures the program on the sample from its start to its first frame on a terminal, in turn with its
// start alone, which says its version: what is more is the terminal's and the dashboard's. Needs `make build`.
func BenchmarkStart(b *testing.B) {
	bin, err := filepath.Abs("../../bin/stagewatch")
	if err != nil {
		b.Fatal(err)
	}
	e := docktest.Engine(b)
	app := filepath.Join(b.TempDir(), "app")
	if err := copySample(app); err != nil {
		b.Fatal(err)
	}
	var pairs docktest.Pairs
	for b.Loop() {
		pairs.Add("ours", firstFrame(b, exec.Command(bin, "--host", e.Host, "-p", "0:8080", app)))
		pairs.Time("floor", func() {
			if out, err := exec.Command(bin, "--version").CombinedOutput(); err != nil {
				b.Fatalf("%v\n%s", err, out)
			}
		})
	}
	pairs.Report(b)
}

// firstFrame runs the program on a terminal of its own until it has painted.
func firstFrame(b *testing.B, cmd *exec.Cmd) time.Duration {
	b.Helper()
	near, far := openTerminal(b)
	defer near.Close()
	cmd.Stdin, cmd.Stdout, cmd.Stderr = far, far, far
	cmd.Env = append(os.Environ(), "TERM=xterm-256color", "LC_ALL=C.UTF-8")
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	began := time.Now()
	if err := cmd.Start(); err != nil {
		b.Fatal(err)
	}
	far.Close()
	var seen []byte
	buf := make([]byte, 64<<10)
	answered := false
	for !bytes.Contains(seen, []byte("╭")) {
		n, err := near.Read(buf)
		if err != nil {
			b.Fatalf("before the first frame: %v\n%q", err, seen)
		}
		seen = append(seen, buf[:n]...)
		// As a terminal answers who asks for its background's colour and for the cursor.
		if !answered && bytes.Contains(seen, []byte("\x1b[6n")) {
			answered = true
			_, _ = near.WriteString("\x1b]11;rgb:0000/0000/0000\x1b\\\x1b[1;1R")
		}
	}
	took := time.Since(began)
	// It ends in its own way, and takes along what it had begun on the engine.
	go func() { _, _ = io.Copy(io.Discard, near) }()
	if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
		b.Fatal(err)
	}
	if err := cmd.Wait(); err != nil {
		b.Fatal(err)
	}
	return took
}

// openTerminal returns the two ends of a terminal of 200×60.
func openTerminal(b *testing.B) (near, far *os.File) {
	b.Helper()
	near, err := os.OpenFile("/dev/ptmx", os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		b.Skipf("no terminal to be had: %v", err)
	}
	number, err := unix.IoctlGetInt(int(near.Fd()), unix.TIOCGPTN)
	if err == nil {
		err = unix.IoctlSetPointerInt(int(near.Fd()), unix.TIOCSPTLCK, 0)
	}
	if err == nil {
		err = unix.IoctlSetWinsize(int(near.Fd()), unix.TIOCSWINSZ, &unix.Winsize{Row: 60, Col: 200})
	}
	if err == nil {
		far, err = os.OpenFile(fmt.Sprintf("/dev/pts/%d", number), os.O_RDWR|unix.O_NOCTTY, 0)
	}
	if err != nil {
		b.Fatal(err)
	}
	return near, far
}
