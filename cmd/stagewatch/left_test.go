package main

import (
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/stagewatch/stagewatch/engine/dock/docktest"
)

// TestNothingIsLeft on an engine: whatever ended a session, what the engine keeps afterwards is what it kept before.
func TestNothingIsLeft(t *testing.T) {
	p := docktest.NewPrivate(t, "")
	p.Base()
	env := []string{"XDG_CACHE_HOME=" + t.TempDir(), "DOCKER_HOST=" + p.Engine.Host}
	dir := t.TempDir()
	write := func(name, text string) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	const dockerfile = "FROM base AS build\nCOPY page.txt /page.txt\nFROM base\nCOPY --from=build /page.txt /page.txt\nCMD [\"/app\", \"-listen\", \":8080\"]\n"
	write("Dockerfile", dockerfile+"VOLUME /data\n")
	before := p.Inventory()

	// begin starts a session, and saves so often that images and containers are superseded.
	saves := 0
	begin := func() *program {
		t.Helper()
		write("page.txt", fmt.Sprint(time.Now().UnixNano()))
		s := startProgram(t, dir, env...)
		s.await(`^#1 SERVING `)
		for build := 2; build < 5; build++ {
			saves++
			write("page.txt", fmt.Sprint("save ", saves))
			s.await(fmt.Sprintf(`^#%d SERVING `, build))
		}
		return s
	}
	end := func(s *program, signal syscall.Signal) {
		t.Helper()
		if err := s.Process.Signal(signal); err != nil {
			t.Fatal(err)
		}
		_ = s.Wait()
	}
	for _, c := range []struct {
		name string
		do   func()
	}{
		{"quit", func() { end(begin(), syscall.SIGINT) }},
		{"killed, and another session after it", func() {
			end(begin(), syscall.SIGKILL)
			end(begin(), syscall.SIGTERM)
		}},
		{"the engine was restarted", func() {
			// Engine 20.10 keeps the volume of a container that is removed while it shuts down.
			write("Dockerfile", dockerfile)
			s := begin()
			p.Stop()
			p.Start()
			// The last build's container is started again, or the same is built again, maybe after a build that the engine did
			// not live to see: it depends on what is noticed first.
			s.await(`^#4 SERVING (?s:.*)^#\d+ SERVING `)
			end(s, syscall.SIGINT)
		}},
		{"killed, and the engine restarted", func() {
			end(begin(), syscall.SIGKILL)
			p.Stop()
			p.Start()
			end(begin(), syscall.SIGINT)
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			c.do()
			var after string
			// The engine collects its garbage in its own time.
			poll(func() bool { after = p.Inventory(); return after == before }, func() { t.Errorf("before:\n%s\nafter:\n%s", before, after) })
		})
	}
}
