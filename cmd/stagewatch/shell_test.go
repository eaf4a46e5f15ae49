package main

import (
	"os"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"
	"time"

	"github.com/stagewatch/stagewatch/engine/dock/docktest"
)

// TestShell: a shell on a terminal is like one that docker opens there. Keys are its own, it knows the size of the terminal,
// and the terminal is as it was, however the shell ends.
func TestShell(t *testing.T) {
	t.Parallel()
	e := docktest.Engine(t)
	dir := t.TempDir()
	unique := strconv.FormatInt(time.Now().UnixNano(), 36)
	for name, text := range map[string]string{
		"slim/Dockerfile":   "FROM python:3.9-slim\nRUN --mount=type=secret,id=token cat /run/secrets/token && \\\n  test -e " + unique + "\n",
		"alpine/Dockerfile": "FROM python:3.9-alpine\nUSER nobody\nRUN false || exit 9 # " + unique + "\n",
		"token":             "a secret",
	} {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	tm := newTerminal(t, dir, 100, 30, "DOCKER_HOST="+e.Host)
	open := func(args string) {
		tm.say("clear; stty -g > before; stagewatch shell " + args + `; echo "it ended with $?"; stty -g | cmp - before && echo as it was`)
	}
	// bash has the command in its history, up to its last line.
	open("--secret id=token,src=token slim")
	tm.await(`^root@.*#$`, `^Opening before stage-0 2/2, which fails$`)
	tm.press("Up")
	tm.await(`# cat /run/secrets/token && +test -e ` + unique + `$`)
	// What is typed before the next prompt an interrupt takes along.
	tm.press("C-c")
	tm.await(`\^C$`, `^root@.*#$`)
	tm.say("cat /run/secrets/token; echo; stty size")
	tm.await(`^a secret$`, `^30 100$`)
	tm.run("resize-window", "-x", "90", "-y", "20")
	tm.say(`until [ "$(stty size)" = "20 90" ]; do :; done; echo resized`)
	tm.await(`^resized$`)
	// An interrupt takes along what no program has read, a line that is on the screen already as well.
	tm.say("echo runs$((1)); sleep 4711")
	tm.await(`^runs1$`)
	tm.press("C-c")
	tm.await(`^\^C$`, `^root@.*#$`)
	tm.say("echo interrupted: $?")
	tm.await(`^interrupted: 130$`)
	tm.say("exit 7")
	tm.await(`^it ended with 7$`, `^as it was$`)

	// The shell of alpine gets it too, where that keeps a history, as another user.
	open("alpine")
	tm.await(`\$$`, `^Opening before stage-0 2/2, which fails$`)
	tm.say(`cat "$HISTFILE"; id -un`)
	tm.await(`^false \|\| exit 9 # `+unique+`$`, `^nobody$`)
	if err := syscall.Kill(tm.child(), syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	tm.await(`it ended with 143$`, `^as it was$`)
}
