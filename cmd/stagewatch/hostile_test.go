package main

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/stagewatch/stagewatch/engine/dock/docktest"
)

// hostileDockerfile has sequences for the terminal in its labels and in what its steps print.
const hostileDockerfile = `FROM python:3.9-alpine
LABEL title="<esc>]0;pwned<bel><esc>[2J"
COPY . /app
RUN printf '\033]0;pwned\007\033]52;c;cHduZWQ=\007\033[2J\033[1;1Hpwned\033[?1049l\n'; echo NONCE
CMD ["python", "-u", "/app/main.py"]
`

// hostileApp prints what a terminal would obey, then a line of eight megabytes and half a million lines at once each
// time that it is asked for /flood.
const hostileApp = `import http.server, os, signal, sys
signal.signal(signal.SIGTERM, lambda *a: os._exit(0))
os.write(1, b"\x1b]0;pwned\x07\x1b]52;c;cHduZWQ=\x07\x1b[2J\x1b[1;1Hpwned\x1b[?1049l\x1b[6n\x00\xff\xfe\x9b2J\n")
class H(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        if self.path == "/flood":
            os.write(1, b"y" * (8 << 20) + b"\n")
            for i in range(500):
                data = b"".join(b"flood %d\n" % (1000 * i + j) for j in range(1000))
                while data:
                    data = data[os.write(1, data):]
            os.write(1, b"the flood is over\n")
    def log_message(self, *args):
        pass
http.server.ThreadingHTTPServer(("", 8080), H).serve_forever()
`

// TestHostileProject: what an app, a step, a label and a file's name say to the terminal does not reach it, however
// much it is; the end of a flood is there to be read, the keys answer, and the memory is not filled.
func TestHostileProject(t *testing.T) {
	t.Parallel()
	e := docktest.Engine(t)
	dir := t.TempDir()
	app := filepath.Join(dir, "app")
	nonce := strconv.Itoa(os.Getpid())
	for name, text := range map[string]string{
		"Dockerfile": strings.NewReplacer("<esc>", "\x1b", "<bel>", "\a", "NONCE", nonce).Replace(hostileDockerfile),
		"main.py":    hostileApp,
	} {
		if err := os.MkdirAll(app, 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(app, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	d := &dashboard{terminal: newTerminal(t, dir, 120, 36, "DOCKER_HOST="+e.Host), engine: e, dir: app}
	// So that a program could set it.
	d.run("set-option", "-s", "set-clipboard", "on")
	title := d.run("display-message", "-p", "#{pane_title}")
	d.say(`clear; stagewatch -p 0:8080 app; echo "it ended with $?"`)
	d.url = d.await(`^ LIVE .* (http://127\.0\.0\.1:[0-9]+)`)
	d.pid = d.child()
	d.await(`pwned`)

	if err := os.WriteFile(filepath.Join(app, "\x1b]0;pwned\a\x1b[2Jname"), []byte("x"), 0o644); err != nil {
		t.Fatal(err)
	}
	d.await(`^ LIVE  build #2 serves`, `name +added|name changed`)
	for range 2 {
		answer, err := http.Get(d.url + "/flood")
		if err != nil {
			t.Fatal(err)
		}
		answer.Body.Close()
	}
	d.await(`the flood is over`)
	d.press("4")
	d.press("/")
	d.press("f", "l", "o", "o", "d", "Space", "4", "9", "9", "9", "9", "8", "Enter")
	// How much of the first flood is kept differs.
	d.await(`flood 499998`, `/flood 499998 (?:1 match|[12] of 2) `)
	d.press("Escape")
	// A key that comes right behind it would be another key together with it.
	poll(func() bool { return !strings.Contains(d.screen(), "/flood 499998") }, func() { t.Error("the search goes on") })
	d.await(`^╭─ 1 Stages ─`, `^╭─ 4 Logs `)

	if got := d.run("display-message", "-p", "#{pane_title}"); got != title {
		t.Errorf("the terminal's title is %q", got)
	}
	if buffers := d.run("list-buffers"); buffers != "" {
		t.Errorf("the clipboard was written to: %s", buffers)
	}
	const most = 400 << 10
	if kb := d.peak(); kb > most {
		t.Errorf("it took %d kB of memory", kb)
	}
	d.quit()
}

// peak is the most memory that the program has had, in kB.
func (d *dashboard) peak() int {
	d.t.Helper()
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", d.pid))
	if err != nil {
		d.t.Fatal(err)
	}
	kb, err := strconv.Atoi(string(regexp.MustCompile(`VmHWM:\s+(\d+) kB`).FindSubmatch(status)[1]))
	if err != nil {
		d.t.Fatal(err)
	}
	return kb
}
