package main

import (
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stagewatch/stagewatch/engine/dock"
	"github.com/stagewatch/stagewatch/engine/dock/docktest"
)

// dashboard is the real program in a terminal, on the real engine, with a copy of the sample.
type dashboard struct {
	*terminal
	engine   *dock.Engine
	dir, url string
	pid      int
}

// openDashboard starts the program and waits for the first build to serve.
func openDashboard(t *testing.T, width, height int, env ...string) *dashboard {
	t.Helper()
	e := docktest.Engine(t)
	dir := t.TempDir()
	app := filepath.Join(dir, "app")
	if err := copySample(app); err != nil {
		t.Fatal(err)
	}
	d := &dashboard{terminal: newTerminal(t, dir, width, height, append(env, "DOCKER_HOST="+e.Host)...), engine: e, dir: app}
	t.Cleanup(func() {
		if t.Failed() && d.running() {
			// So that it takes its things along.
			d.press("C-c")
			time.Sleep(3 * time.Second)
		}
	})
	d.say(`clear; stagewatch -p 0:8080 app; echo "it ended with $?"`)
	d.url = d.await(`^ LIVE .* (http://127\.0\.0\.1:[0-9]+)`)
	d.pid = d.child()
	return d
}

// wantPage fails unless the page holds the text.
func (d *dashboard) wantPage(text string) {
	d.t.Helper()
	resp, err := http.Get(d.url)
	if err != nil {
		d.t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil || !strings.Contains(string(body), text) {
		d.t.Errorf("the page lacks %q (%v):\n%s", text, err, body)
	}
}

func (d *dashboard) edit(file, old, text string) {
	d.t.Helper()
	if err := edit(filepath.Join(d.dir, file), old, text); err != nil {
		d.t.Fatal(err)
	}
}

// quit presses q, and checks what is left: a clean terminal, and nothing on the engine.
func (d *dashboard) quit() {
	d.t.Helper()
	d.press("q")
	d.await(`^it ended with 0$`)
	if screen := d.screen(); strings.ContainsAny(screen, "╭│╰+|") || strings.Contains(screen, "LIVE") {
		d.t.Errorf("the dashboard is still on the screen:\n%s", screen)
	}
	// The normal screen, its cursor to be seen, and the mouse the terminal's own again.
	if flags := strings.TrimSpace(d.run("display-message", "-p", "#{alternate_on} #{cursor_flag} #{mouse_any_flag}")); flags != "0 1 0" {
		d.t.Errorf("alternate screen, cursor, mouse: got %q, want 0 1 0", flags)
	}
	d.say("echo typed")
	d.await(`^typed$`)
	left, err := leftBy(d.engine, d.pid)
	if err != nil || left != "" {
		d.t.Errorf("left on the engine: %s %v", left, err)
	}
	if resp, err := http.Get(d.url); err == nil {
		resp.Body.Close()
		d.t.Errorf("%s still answers", d.url)
	}
}

// The inner loop as a person has it: run, look at the page, edit, see what reran and why, break it, mend it.
func TestDashboard(t *testing.T) {
	t.Parallel()
	d := openDashboard(t, 120, 36)
	d.wantPage("Built in two stages")
	d.await(`before +█+ .* MB`, `after +█+.* MB`)
	d.await(`^╭─ 1 Stages ─`, `╭─ 2 Sizes ─`, `╭─ 3 Changes ─`, `^╭─ 4 Logs ─`, `╭─ 5 Builds ─`,
		`build  ● RAN  from python:3\.9-slim`, `stage-1  ● RAN  from python:3\.9-alpine .*◂ build`, `−[0-9]+ %`, `build #1 serves the newest save`)

	d.edit(samplePage, "Built in two stages", "Edited in two stages")
	d.await(`^ LIVE  build #2 serves the newest save`, `python-app listening`)
	d.wantPage("Edited in two stages")
	d.await(
		`^ build #2 · .*index\.html changed → 5 ran, 6 hits`,
		`✓ HIT +COPY requirements\.txt \.`,
		`✓ HIT +RUN pip install -r requirements\.txt`,
		`● RAN +COPY \. \. +← .*index`,
		`● RAN +RUN pip install \. +← after build 5/6`,
		`● RAN +COPY --from=build.* ← reads from build 6/6`,
		`● RAN +RUN pip cache purge +← after stage-1 4/5`,
		`— build #2 serves from here —`)

	// Into a layer, as with dive: what the step added.
	d.press("2", "]", "+")
	d.await(`● RAN +COPY \. \. +[0-9.]+ k?B`)
	d.say("/COPY . .")
	d.press("Enter")
	d.await(`Files of stage build, layer 4 \(build #2\)`, `[0-9.]+ kB in [0-9]+ files`, `▾ app/`, `index\.html`)
	d.press("Escape")
	d.await(`2 Sizes · Layers`)
	d.press("_", "1")
	d.await(`^╭─ 1 Stages ─`, `╭─ 2 Layers ─`)

	// A step that fails: which, where, and what still serves.
	d.edit("pyproject.toml", "[project]", "[project")
	d.await(`^ STALE  build #2 serves, 1 edit behind`, `Build #3 failed`, `▸ +6 │ RUN pip install \.`)
	d.await(`✗ FAILED +RUN pip install \.`, `- SKIPPED +RUN pip cache purge`, `Dockerfile, line 6`)
	d.wantPage("Edited in two stages")

	// A shell in the state before it, with its command in the history. An interrupt is for what runs there.
	d.press("D")
	d.await(`^root@.*:/app#$`, `^Opening before build 6/6, which fails$`)
	d.press("Up")
	d.await(`# pip install \.$`)
	d.press("C-c")
	d.await(`\^C$`, `^root@.*:/app#$`)
	d.say("cat pyproject.toml")
	d.await(`^\[project$`)
	d.say(`printf '\033c'; exit 3`)
	d.await(`^ STALE  build #2 serves, 1 edit behind`, `Build #3 failed`)

	d.press("?")
	d.await(`─ Help ─`, `q +quit`, `HIT +BuildKit had the result`, `STALE +what answers is older`)
	d.press("Escape")
	d.await(`^╭─ 1 Stages ─`)

	d.edit("pyproject.toml", "[project", "[project]")
	d.await(`^ LIVE  build #4 serves the newest save`)
	d.quit()
}

// Where there is no Dockerfile yet, the dashboard says so, and builds as soon as there is one.
func TestDashboardAwaitsADockerfile(t *testing.T) {
	t.Parallel()
	e := docktest.Engine(t)
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "app"), 0o755); err != nil {
		t.Fatal(err)
	}
	tm := newTerminal(t, dir, 80, 24, "DOCKER_HOST="+e.Host)
	tm.say(`clear; stagewatch -p 0:8080 app; echo "it ended with $?"`)
	tm.await(`^ NO DOCKERFILE `, `no Dockerfile in app`)
	if err := os.WriteFile(filepath.Join(dir, "app", "Dockerfile"), []byte("FROM python:3.9-alpine\nCMD [\"python3\", \"-m\", \"http.server\", \"8080\"]\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	tm.await(`^ LIVE  build #1 serves`)
	tm.press("q")
	tm.await(`^it ended with 0$`)
}

// The smallest usual terminal, and no colours for who wants none.
func TestDashboardSmallWithoutColor(t *testing.T) {
	t.Parallel()
	d := openDashboard(t, 80, 24, "NO_COLOR=1", "TERM=xterm-256color")
	d.await(`before +█+ .* MB`)
	d.await(`^╭─ 1 Stages ─`, `╭─ 2 Sizes ─`, `^╭─ 4 Logs ─`, `✓ HIT +COPY requirements\.txt`, `\? help +q quit`)
	for i, line := range strings.Split(strings.TrimSuffix(d.screen(), "\n"), "\n") {
		if n := len([]rune(line)); n > 80 {
			t.Errorf("line %d is %d columns wide", i+1, n)
		}
	}
	// Bold, faint and reverse are no colours: 30 to 49, 90 to 107 are.
	if c := colors.FindString(d.run("capture-pane", "-p", "-e")); c != "" {
		t.Errorf("there is a colour on the screen: %q", c)
	}
	d.edit(samplePage, "Built in two stages", "Edited in two stages")
	d.await(`^ LIVE  build #2 serves the newest save`)
	d.wantPage("Edited in two stages")
	d.quit()
}

// In a terminal multiplexer with its own terminal type the cursor and the focus show, and copying reaches its buffer.
func TestReplayInTmux(t *testing.T) {
	t.Parallel()
	recording, err := filepath.Abs("../../testdata/story.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	for _, term := range []string{"screen", "tmux", "xterm-mono"} {
		tm := newTerminal(t, t.TempDir(), 120, 36, "TERM="+term)
		tm.say("clear; TERM=" + term + " stagewatch replay --speed 1000 " + recording)
		tm.await(`replay at its end`)
		tm.press("1", "g", "j", "j")
		tm.await(`✓ HIT +COPY requirements`)
		styled := func(pattern string) string {
			return regexp.MustCompile(pattern).FindString(tm.run("capture-pane", "-p", "-e"))
		}
		poll(func() bool { return styled(`\x1b\[(?:[0-9;]*;)?(?:7|48;[0-9;]+)m[^\n]*COPY requirements\.txt`) != "" }, func() { t.Errorf("TERM=%s: the cursor does not show", term) })
		if styled(`\x1b\[[0-9;]+m(?:\x1b\[[0-9;]+m)?Stages`) == "" {
			t.Errorf("TERM=%s: the focus does not show", term)
		}
		tm.press("y")
		tm.await(`copied the instruction: COPY requirements\.txt \.`)
		if got := tm.run("show-buffer"); got != "COPY requirements.txt ." {
			t.Errorf("TERM=%s: tmux has %q", term, got)
		}
		tm.press("C-s")
		tm.await(`saved [0-9]+ lines to /.*/app\.log`)
		tm.press("q")
		tm.await(`^[$#]$`)
	}
}

// A terminal may become too small for anything, and large again.
func TestTerminalResized(t *testing.T) {
	t.Parallel()
	d := openDashboard(t, 100, 30)
	d.run("resize-window", "-x", "1", "-y", "1")
	d.edit(samplePage, "Built in two stages", "Edited in two stages")
	poll(func() bool {
		resp, err := http.Get(d.url)
		if err != nil {
			return false
		}
		defer resp.Body.Close()
		page, _ := io.ReadAll(resp.Body)
		return strings.Contains(string(page), "Edited in two stages")
	}, func() { t.Error("in a terminal of one character nothing is built") })
	d.run("resize-window", "-x", "100", "-y", "30")
	d.await(`^ LIVE  build #2 serves the newest save`, `^╭─ 1 Stages ─.*─ 2 Sizes ─`, `^╭─ 4 Logs ─.{80,}╮$`)
	d.quit()
}

// A terminal that is closed takes the session with it, and the session its things. CI is set wherever these tests
// run for a project, and says nothing of the terminal.
func TestTerminalClosed(t *testing.T) {
	t.Parallel()
	d := openDashboard(t, 120, 36, "CI=true")
	if c := colors.FindString(d.run("capture-pane", "-p", "-e")); c == "" {
		t.Error("there is no colour on the screen of a terminal that has them")
	}
	d.run("kill-pane")
	var left string
	for deadline := time.Now().Add(patience); ; time.Sleep(100 * time.Millisecond) {
		var err error
		if left, err = leftBy(d.engine, d.pid); err != nil {
			t.Fatal(err)
		}
		if left == "" {
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("left on the engine: %s", left)
		}
	}
}

// Whoever suspends the dashboard is told on the shell's screen what stops with it, and gets it back as it was.
func TestDashboardSuspended(t *testing.T) {
	t.Parallel()
	e := docktest.Engine(t)
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "Dockerfile"), []byte("FROM python:3.9-alpine\nCMD [\"python3\", \"-m\", \"http.server\", \"8080\"]\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	tm := newTerminal(t, dir, 120, 24, "DOCKER_HOST="+e.Host)
	tm.say(`clear; stagewatch -p 0:8080 .`)
	tm.await(`^ LIVE  build #1 serves`)
	tm.press("C-z")
	tm.await(`^stagewatch is suspended: it builds nothing, and http://127\.0\.0\.1:[0-9]+ does not answer, until you type fg\.`)
	tm.say("fg")
	tm.await(`^ LIVE  build #1 serves`)
	tm.press("q")
	// The shell is back.
	tm.await(`^[$#]$`)
	tm.say(`echo "it ended with $?"`)
	tm.await(`^it ended with 0$`)
}
