package engine

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/docker/docker/api/types/build"
	"github.com/docker/docker/api/types/filters"
	"github.com/docker/docker/api/types/image"

	"github.com/stagewatch/stagewatch/engine/config"
	"github.com/stagewatch/stagewatch/engine/dock/docktest"
	"github.com/stagewatch/stagewatch/engine/event"
)

// TestAnImageThatIsGoneIsBuiltAgain: a container can't be started from an image that somebody removed, and no waiting
// brings it back.
func TestAnImageThatIsGoneIsBuiltAgain(t *testing.T) {
	l := newLive(t)
	l.start(config.Config{})
	first, _ := await[event.Serving](l, nil)
	for range 2 {
		await[event.Ledger](l, nil)
		l.intents <- event.Stop{}
		await[event.Stopped](l, nil)
		if _, err := l.engine.Client.ImageRemove(t.Context(), first.Image, image.RemoveOptions{Force: true}); err != nil {
			t.Fatal(err)
		}
		l.intents <- event.Restart{}
		planned, _ := await[event.Planned](l, nil)
		if planned.Reason.Kind != event.ReasonImageGone {
			t.Errorf("built because %s", planned.Because)
		}
		first, _ = await[event.Serving](l, nil)
		if got := l.get(first.URL); got != "one" {
			t.Errorf("the app serves %q", got)
		}
	}
	if n := l.count("stale"); n > 0 {
		t.Errorf("the app is called stale %d times", n)
	}
}

// TestTheLastGoodBuildComesBack where the old container has to go before the new one starts, and that one exits: its
// image is still there.
func TestTheLastGoodBuildComesBack(t *testing.T) {
	l := newLive(t)
	l.start(config.Config{App: config.App{Swap: config.Restart}})
	first, _ := await[event.Serving](l, nil)
	l.write("main.py", "raise SystemExit(3)\n")
	await(l, func(s event.Stopped) bool { return s.Reason == event.StopExited })
	back, e := await[event.Serving](l, nil)
	if got := l.get(back.URL); got != "one" || back.Image != first.Image || e.Build != 1 {
		t.Errorf("build %d serves %q", e.Build, got)
	}
	l.write("main.py", liveApp)
	l.write("page.txt", "two")
	l.serves(first.URL, "two")
}

// TestThreeSessionsOnFoldersOfOneName are told apart by the names of their images, which each keeps.
func TestThreeSessionsOnFoldersOfOneName(t *testing.T) {
	var all []*live
	name := fmt.Sprintf("named-alike-%d", os.Getpid())
	for range 3 {
		l := newLive(t)
		dir := filepath.Join(l.dir, name)
		if err := os.Mkdir(dir, 0o755); err != nil {
			t.Fatal(err)
		}
		for _, file := range []string{"Dockerfile", "main.py", "page.txt", "requirements.txt", ".dockerignore"} {
			if err := os.Rename(filepath.Join(l.dir, file), filepath.Join(dir, file)); err != nil {
				t.Fatal(err)
			}
		}
		l.dir = dir
		all = append(all, l)
	}
	urls, serving := make([]string, len(all)), make([]event.Serving, len(all))
	for _, l := range all {
		l.start(config.Config{})
	}
	for i, l := range all {
		s, _ := await[event.Serving](l, nil)
		urls[i] = s.URL
	}
	for round := range 2 {
		for i, l := range all {
			l.write("page.txt", fmt.Sprintf("session %d, round %d", i, round))
		}
		for i, l := range all {
			l.serves(urls[i], fmt.Sprintf("session %d, round %d", i, round))
			serving[i], _ = await[event.Serving](l, nil)
		}
	}
	tags := map[string]bool{}
	for i, l := range all {
		await[event.Ledger](l, nil)
		tags[l.last("built").(event.Built).Tag] = true
		l.kill(serving[i].Container)
		l.serves(urls[i], fmt.Sprintf("session %d, round 1", i))
		if n := l.count("stale"); n > 0 {
			t.Errorf("session %d is called stale %d times", i, n)
		}
	}
	if len(tags) != len(all) {
		t.Errorf("the images are called %v", tags)
	}
}

// TestWhatAPersonDoesBesideASession goes on: what they build, remove and prune under the name of the session's image is
// theirs, and the session builds anew what it lost by that.
func TestWhatAPersonDoesBesideASession(t *testing.T) {
	l, p := onPrivate(t, "")
	cli := p.Engine.Client
	l.start(config.Config{})
	s, _ := await[event.Serving](l, nil)
	url := s.URL + "/file/page.txt"
	name := l.last("built").(event.Built).Tag
	var theirs string
	for _, step := range []struct {
		what string
		do   func() error
	}{
		{"docker image prune -f", func() error {
			_, err := cli.ImagesPrune(t.Context(), filters.Args{})
			return err
		}},
		{"docker rmi -f NAME", func() error {
			_, err := cli.ImageRemove(t.Context(), name, image.RemoveOptions{Force: true})
			return err
		}},
		{"docker build -t NAME", func() error {
			theirs = docktest.BuildNamed(t, p.Engine, name, "FROM base\nCOPY page.txt /theirs\n", map[string]string{"page.txt": "theirs"})
			return nil
		}},
		{"docker system prune -f", func() error {
			_, containers := cli.ContainersPrune(t.Context(), filters.Args{})
			_, images := cli.ImagesPrune(t.Context(), filters.Args{})
			_, cache := cli.BuildCachePrune(t.Context(), build.CachePruneOptions{})
			return errors.Join(containers, images, cache)
		}},
	} {
		await[event.Ledger](l, nil)
		if err := step.do(); err != nil {
			t.Fatalf("%s: %v", step.what, err)
		}
		l.kill(s.Container)
		killed, _ := await[event.Serving](l, nil)
		if got := l.get(url); got != l.read("page.txt") {
			t.Errorf("after %s and the app's end it serves %q", step.what, got)
		}
		l.intents <- event.Restart{}
		again, _ := await[event.Serving](l, nil)
		if got := l.get(url); got != l.read("page.txt") || again.Container == killed.Container {
			t.Errorf("after %s and a restart the app serves %q", step.what, got)
		}
		l.write("page.txt", fmt.Sprint("after ", step.what))
		l.serves(url, fmt.Sprint("after ", step.what))
		// The event follows the answer.
		s, _ = await[event.Serving](l, nil)
	}
	l.stop()
	seen, err := cli.ImageInspect(t.Context(), name)
	if err != nil || seen.ID != theirs {
		t.Errorf("what a person built as %s is %s now, %v; it was %s", name, seen.ID, err, theirs)
	}
	if n := l.stops(event.StopCrashLoop); n > 0 {
		t.Errorf("%d crash loops", n)
	}
}

// kill ends the app in a container, as a fault of its own would.
func (l *live) kill(id string) {
	l.t.Helper()
	if err := l.engine.Client.ContainerKill(l.t.Context(), id, "KILL"); err != nil {
		l.t.Fatal(err)
	}
}

// stops counts the containers that ended for the reason.
func (l *live) stops(reason event.StopReason) (n int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, e := range l.events {
		if s, ok := e.Body.(event.Stopped); ok && s.Reason == reason {
			n++
		}
	}
	return n
}

// read reads a file of the context.
func (l *live) read(name string) string {
	l.t.Helper()
	data, err := os.ReadFile(filepath.Join(l.dir, name))
	if err != nil {
		l.t.Fatal(err)
	}
	return string(data)
}

// last is the newest event of a kind.
func (l *live) last(kind string) event.Body {
	l.t.Helper()
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, e := range slices.Backward(l.events) {
		if e.Body.Kind() == kind {
			return e.Body
		}
	}
	l.t.Fatalf("no %s came", kind)
	return nil
}
