package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"
)

// colors are the sequences that set one.
var colors = regexp.MustCompile(`\x1b\[(?:[0-9;]*;)?(?:3[0-8]|4[0-8]|9[0-7]|10[0-7])[;m]`)

// terminal is a terminal of a size, with a shell in it: tmux, of a server of its own.
type terminal struct {
	t      *testing.T
	socket string
}

// newTerminal opens a terminal with the shell in dir and the environment, NAME=value, beside the test's own.
func newTerminal(t *testing.T, dir string, width, height int, env ...string) *terminal {
	t.Helper()
	if _, err := exec.LookPath("tmux"); err != nil {
		t.Fatal("this test drives the dashboard in tmux, which is not here. Install it (apt-get install tmux); make test does that by itself.")
	}
	// Not under t.TempDir: the path of a socket must be short.
	home, err := os.MkdirTemp("", "sw")
	if err != nil {
		t.Fatal(err)
	}
	tm := &terminal{t: t, socket: filepath.Join(home, "tmux")}
	t.Cleanup(func() {
		// The server is gone already where its last pane is.
		_ = exec.Command("tmux", "-S", tm.socket, "kill-server").Run()
		os.RemoveAll(home)
	})
	args := []string{"-f", os.DevNull, "new-session", "-d", "-x", fmt.Sprint(width), "-y", fmt.Sprint(height), "-c", dir}
	for _, e := range append([]string{"LC_ALL=C.UTF-8", "HOME=" + dir, "XDG_CACHE_HOME=" + filepath.Join(home, "cache")}, env...) {
		args = append(args, "-e", e)
	}
	tm.run(append(args, "exec sh -i")...)
	tm.await(`^[$#]$`)
	t.Cleanup(func() {
		if t.Failed() && tm.running() {
			t.Logf("the screen at the end:\n%s", tm.screen())
		}
	})
	return tm
}

// running tells whether there is a pane left.
func (tm *terminal) running() bool {
	return exec.Command("tmux", "-S", tm.socket, "has-session").Run() == nil
}

func (tm *terminal) run(args ...string) string {
	tm.t.Helper()
	cmd := exec.Command("tmux", append([]string{"-S", tm.socket}, args...)...)
	// The program asks for colours by TERM; the server of another tmux is none of ours.
	for _, e := range os.Environ() {
		if !strings.HasPrefix(e, "TMUX") && !strings.HasPrefix(e, "NO_COLOR=") {
			cmd.Env = append(cmd.Env, e)
		}
	}
	out, err := cmd.CombinedOutput()
	if err != nil {
		tm.t.Fatalf("tmux %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return string(out)
}

// child is the process that runs in the shell.
func (tm *terminal) child() int {
	tm.t.Helper()
	shell := strings.TrimSpace(tm.run("display-message", "-p", "#{pane_pid}"))
	children, err := os.ReadFile("/proc/" + shell + "/task/" + shell + "/children")
	if err != nil {
		tm.t.Fatal(err)
	}
	pid, err := strconv.Atoi(strings.TrimSpace(string(children)))
	if err != nil {
		tm.t.Fatalf("finding the program among the shell's children: %v", err)
	}
	return pid
}

// press sends keys by tmux's names of them.
func (tm *terminal) press(keys ...string) { tm.run(append([]string{"send-keys"}, keys...)...) }

// say types a line.
func (tm *terminal) say(line string) {
	tm.run("send-keys", "-l", line)
	tm.press("Enter")
}

// screen is what the terminal shows, without colours and without blanks at the ends of lines.
func (tm *terminal) screen() string {
	lines := strings.Split(tm.run("capture-pane", "-p"), "\n")
	for i := range lines {
		lines[i] = strings.TrimRight(lines[i], " ")
	}
	return strings.Join(lines, "\n")
}

// await waits until the screen matches all the patterns at once, and returns the first one's first group. A screen may be seen
// in the midst of a frame, or of a number: what counts is on two of them.
func (tm *terminal) await(patterns ...string) string {
	tm.t.Helper()
	var res []*regexp.Regexp
	for _, p := range patterns {
		res = append(res, regexp.MustCompile("(?m)"+p))
	}
	var screen, before string
	seen := false
	for deadline := time.Now().Add(patience); ; time.Sleep(50 * time.Millisecond) {
		screen = tm.screen()
		missing := ""
		for _, re := range res {
			if !re.MatchString(screen) {
				missing = re.String()
				break
			}
		}
		if missing == "" {
			found := res[0].FindStringSubmatch(screen)
			group := found[len(found)-1]
			if seen && group == before {
				return group
			}
			before = group
		}
		seen = missing == ""
		if time.Now().After(deadline) {
			tm.t.Fatalf("the screen never showed %s:\n%s", missing, screen)
		}
	}
}
