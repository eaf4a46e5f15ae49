package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stagewatch/stagewatch/engine/dock"
)

// racer is a program that serves a sample.
type racer struct {
	name, page, url string
	pid             int
	// lost: it did not serve a save.
	lost bool
	// events are those of a stagewatch, nil for another program.
	events chan progressLine
}

// progressLine is an event of the stream.
type progressLine struct {
	Type, URL, Image, State, Instruction string
	Time                                 time.Time
	MS                                   int64
}

// startRacer starts a stagewatch, and waits until it is done with its first build.
func startRacer(b *testing.B, e *dock.Engine, name string, light bool, bin string, args ...string) *racer {
	b.Helper()
	p := &racer{name: name, events: make(chan progressLine, 1000)}
	dir := p.sample(b, light)
	out := p.start(b, exec.Command(bin, append(args, "--host", e.Host, dir)...))
	go func() {
		defer close(p.events)
		for s := bufio.NewScanner(out); s.Scan(); {
			var l progressLine
			if json.Unmarshal(s.Bytes(), &l) == nil {
				p.events <- l
			}
		}
	}()
	p.await(b, "ledger", func(l progressLine) {
		if l.Type == "serving" {
			p.url = l.URL
		}
	})
	return p
}

// startCompose starts a docker-compose that watches.
func startCompose(b *testing.B, e *dock.Engine, bin string) *racer {
	b.Helper()
	p := &racer{name: "compose-watch", url: "http://127.0.0.1:18080"}
	dir := p.sample(b, true)
	err := os.WriteFile(filepath.Join(dir, "compose.yaml"), []byte(`services:
  app:
    build: .
    ports: ["127.0.0.1:18080:8080"]
    stop_grace_period: 1s
    develop:
      watch: [{action: sync+restart, path: ., target: /app}]
`), 0o644)
	if err != nil {
		b.Fatal(err)
	}
	run := func(args ...string) *exec.Cmd {
		cmd := exec.Command(bin, append([]string{"--project-directory", dir, "-p", "stagewatch-bench"}, args...)...)
		cmd.Env = append(os.Environ(), "DOCKER_HOST="+e.Host)
		return cmd
	}
	b.Cleanup(func() { _ = run("down", "--rmi", "local").Run() })
	out := p.start(b, run("up", "--build", "--watch"))
	said := bufio.NewScanner(out)
	for said.Scan() && !strings.Contains(said.Text(), "Watch enabled") {
	}
	go func() { _, _ = io.Copy(io.Discard, out) }()
	if err := answerOf(p.url, "<main>"); err != nil {
		b.Fatal(err)
	}
	return p
}

// start starts the program, ends it with b, and returns what it prints.
func (p *racer) start(b *testing.B, cmd *exec.Cmd) io.Reader {
	b.Helper()
	out, err := cmd.StdoutPipe()
	cmd.Stderr = cmd.Stdout
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		b.Fatal(err)
	}
	p.pid = cmd.Process.Pid
	b.Cleanup(func() {
		_ = cmd.Process.Signal(syscall.SIGTERM)
		_ = cmd.Wait()
	})
	return out
}

// sample makes a copy of the sample.
func (p *racer) sample(b *testing.B, light bool) (dir string) {
	b.Helper()
	dir = filepath.Join(b.TempDir(), "app")
	if err := copySample(dir); err != nil {
		b.Fatal(err)
	}
	p.page = filepath.Join(dir, samplePage)
	if !light {
		return dir
	}
	for _, run := range []string{"RUN pip install .\n", "RUN pip cache purge\n"} {
		if err := edit(filepath.Join(dir, "Dockerfile"), run, ""); err != nil {
			b.Fatal(err)
		}
	}
	return dir
}

// took is what a save took.
type took struct {
	served, handedOver, ran time.Duration
	image                   string
}

// save writes a page, and waits until it is served and nothing else goes on.
func (p *racer) save(b *testing.B, page string) (t took, err error) {
	b.Helper()
	text, err := os.ReadFile(p.page)
	if err != nil {
		b.Fatal(err)
	}
	text = append(text, "<!-- "+page+" -->\n"...)
	began := time.Now()
	if err := os.WriteFile(p.page, text, 0o644); err != nil {
		b.Fatal(err)
	}
	err = answerOf(p.url, page)
	answered := time.Now()
	t.served = answered.Sub(began)
	if p.events == nil || err != nil {
		return t, err
	}
	p.await(b, "ledger", func(l progressLine) {
		switch {
		case l.Type == "built":
			t.image, t.handedOver = l.Image, answered.Sub(l.Time)
		case l.Type == "step" && l.State == "ran" && strings.HasPrefix(l.Instruction, "RUN "):
			t.ran += time.Duration(l.MS) * time.Millisecond
		}
	})
	return t, nil
}

// answerOf waits for an answer that has the text.
func answerOf(url, text string) error {
	client := http.Client{Timeout: time.Second, Transport: &http.Transport{DisableKeepAlives: true}}
	for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); time.Sleep(2 * time.Millisecond) {
		resp, err := client.Get(url)
		if err != nil {
			continue
		}
		body, err := io.ReadAll(resp.Body)
		resp.Body.Close()
		if err == nil && strings.Contains(string(body), text) {
			return nil
		}
	}
	return fmt.Errorf("%s never answered with %q", url, text)
}

// await calls fn with each event up to one of the type.
func (p *racer) await(b *testing.B, kind string, fn func(progressLine)) {
	b.Helper()
	patience := time.After(5 * time.Minute)
	for {
		select {
		case l, ok := <-p.events:
			if !ok || l.Type == "failed" {
				b.Fatalf("%s: %+v", p.name, l)
			}
			fn(l)
			if l.Type == kind {
				return
			}
		case <-patience:
			b.Fatalf("%s: no event %s", p.name, kind)
		}
	}
}

// busy returns the processor time that the program has taken so far.
func (p *racer) busy(b *testing.B) time.Duration {
	b.Helper()
	dt, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", p.pid))
	if err != nil {
		b.Fatal(err)
	}
	fields := strings.Fields(string(dt[strings.LastIndexByte(string(dt), ')')+1:]))
	var ticks int
	for _, field := range fields[11:13] { // utime and stime
		n, err := strconv.Atoi(field)
		if err != nil {
			b.Fatal(err)
		}
		ticks += n
	}
	return time.Duration(ticks) * 10 * time.Millisecond // USER_HZ is 100 wherever Go runs
}

// most returns the most memory that the program has held, in KiB.
func (p *racer) most(b *testing.B) int {
	b.Helper()
	dt, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.pid))
	if err != nil {
		b.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(dt), "VmHWM:")
	kib, err := strconv.Atoi(strings.Fields(rest)[0])
	if err != nil {
		b.Fatal(err)
	}
	return kib
}
