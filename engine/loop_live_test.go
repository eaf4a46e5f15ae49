package engine

import (
	"context"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	dockerimage "github.com/docker/docker/api/types/image"
	"github.com/google/go-cmp/cmp"

	"github.com/stagewatch/stagewatch/engine/config"
	"github.com/stagewatch/stagewatch/engine/dock/docktest"
	"github.com/stagewatch/stagewatch/engine/event"
	"github.com/stagewatch/stagewatch/engine/image"
)

// TestASaveRebuildsOnlyWhatItAffects is the product's main job: serve, edit, serve the edit, and say of every
// write that leads to nothing why it does.
func TestASaveRebuildsOnlyWhatItAffects(t *testing.T) {
	l := newLive(t)
	l.start(config.Config{})
	first, _ := await[event.Serving](l, nil)
	if got := l.get(first.URL); got != "one" {
		t.Errorf("the first page is %q", got)
	}
	if !strings.HasPrefix(first.URL, "http://127.0.0.1:") {
		t.Errorf("served at %s", first.URL)
	}
	// Not before the background is done: what it reads of the stage before would already be the edit.
	await[event.Ledger](l, nil)

	l.write("page.txt", "two")
	planned, e := await[event.Planned](l, nil)
	if diff := cmp.Diff([]string{"page.txt"}, planned.Paths); diff != "" {
		t.Error(diff)
	}
	second, _ := await[event.Serving](l, nil)
	if got := l.get(second.URL); got != "two" {
		t.Errorf("after the edit the page is %q", got)
	}
	if diff := cmp.Diff(map[string]event.State{
		"build 1": event.Hit, "build 2": event.Hit, "build 3": event.Hit, "build 4": event.Hit, "build 5": event.Ran,
		"stage-1 1": event.Hit, "stage-1 2": event.Hit, "stage-1 3": event.Ran,
	}, l.steps(e.Build)); diff != "" {
		t.Error(diff)
	}
	for _, s := range planned.Steps {
		if s.Prediction == event.WillHit && l.steps(e.Build)[fmt.Sprintf("%s %d", s.Stage, s.Index)] != event.Hit {
			t.Errorf("%s %d was promised as a hit", s.Stage, s.Index)
		}
	}
	await(l, func(s event.Stopped) bool { return s.Reason == event.StopReplaced && s.Container == first.Container })

	now := time.Now()
	if err := os.Chtimes(filepath.Join(l.dir, "page.txt"), now, now); err != nil {
		t.Fatal(err)
	}
	if s, _ := await(l, func(s event.Skipped) bool { return !s.LeftOut }); s.Reason != event.Unchanged {
		t.Errorf("a touch is %+v", s)
	}
	l.write("x.pyc", "x")
	if s, _ := await(l, func(s event.Skipped) bool { return s.Reason == event.Ignored }); s.Rule != "*.pyc" || s.Paths[0] != "x.pyc" {
		t.Errorf("an ignored file is %+v", s)
	}
	session := l.session(second.Container)
	// What serves, and the stage before that it was compared with.
	l.settles(session, 1, 2)
	l.stop()
	if containers, images := l.left(session); containers+images != 0 {
		t.Errorf("%d containers and %d images are left", containers, images)
	}
}

func TestAPathThatNoStepReadsBuildsNothing(t *testing.T) {
	l := newLive(t)
	l.write("Dockerfile", "FROM python:3.9-alpine\nCOPY main.py page.txt /app/\nCMD [\"python\", \"/app/main.py\"]\n")
	l.start(config.Config{})
	await[event.Serving](l, nil)
	l.write("notes.txt", "hello")
	s, _ := await(l, func(s event.Skipped) bool { return !s.LeftOut })
	if s.Reason != event.Unused || len(s.Paths) != 1 || s.Paths[0] != "notes.txt" {
		t.Errorf("got %+v", s)
	}
}

// TestABrokenBuildKeepsTheLastGoodOneServing covers the Dockerfile that does not parse, the step that fails,
// and the way back.
func TestABrokenBuildKeepsTheLastGoodOneServing(t *testing.T) {
	l := newLive(t)
	l.start(config.Config{})
	first, e := await[event.Serving](l, nil)
	for _, tt := range []struct {
		add     string
		line    int
		message string
	}{
		{"RUNN nothing\n", 11, "unknown instruction"},
		{"RUN exit 3\n", 11, "exit code: 3"},
		{"COPY nowhere /\n", 11, "nowhere"},
	} {
		l.write("Dockerfile", liveDockerfile+tt.add)
		f, _ := await[event.Failed](l, nil)
		if f.Line != tt.line || !strings.Contains(f.Message, tt.message) || len(f.Excerpt) == 0 {
			t.Errorf("%s failed with %+v", tt.add, f)
		}
		stale, _ := await[event.Stale](l, nil)
		if stale.ServingBuild != e.Build || stale.EditsBehind == 0 {
			t.Errorf("stale is %+v", stale)
		}
		if got := l.get(first.URL); got != "one" {
			t.Errorf("page is %q", got)
		}
	}
	l.write("page.txt", "two")
	await[event.Failed](l, nil)
	l.write("Dockerfile", liveDockerfile)
	await[event.Serving](l, nil)
	if got := l.get(first.URL); got != "two" {
		t.Errorf("mended, the page is %q: the edit that was pending is lost", got)
	}
}

// TestAnEditDoesNotRestartARunningInstall: a step that the edit does not affect goes on in the superseded
// build, and is told of as the new build's.
func TestAnEditDoesNotRestartARunningInstall(t *testing.T) {
	l := newLive(t)
	l.write("Dockerfile", strings.Replace(liveDockerfile, "echo installing UNIQUE", "echo installing UNIQUE; sleep 3; echo installed", 1))
	l.start(config.Config{})
	await(l, func(o event.Output) bool { return strings.Contains(o.Text, "installing") })
	l.write("page.txt", "two")
	await[event.Abandoned](l, nil)
	await(l, func(s event.Step) bool { return s.Index == 4 && s.State == event.Running })
	step, e := await(l, func(s event.Step) bool { return s.Index == 4 && s.State == event.Ran })
	if e.Build != 2 || step.FromBuild != 1 {
		t.Errorf("build %d: %+v", e.Build, step)
	}
	s, e := await[event.Serving](l, nil)
	if got := l.get(s.URL); got != "two" || e.Build != 2 {
		t.Errorf("build %d serves %q", e.Build, got)
	}
	if out := l.output(); strings.Count(out, "installing") != 1 {
		t.Errorf("installed more than once:\n%s", out)
	}
}

func TestAContainerThatDiesIsStartedAgain(t *testing.T) {
	l := newLive(t)
	l.start(config.Config{})
	first, _ := await[event.Serving](l, nil)
	if err := l.engine.Client.ContainerKill(t.Context(), first.Container, "KILL"); err != nil {
		t.Fatal(err)
	}
	if s, _ := await[event.Stopped](l, nil); s.ExitCode != 137 || s.Reason != event.StopExited {
		t.Errorf("got %+v", s)
	}
	again, _ := await[event.Serving](l, nil)
	if again.Container == first.Container || l.get(again.URL) != "one" {
		t.Errorf("served by %s", again.Container)
	}
}

func TestAnImageThatExitsAtOnceIsToldAndReplaced(t *testing.T) {
	l := newLive(t)
	l.start(config.Config{})
	first, _ := await[event.Serving](l, nil)
	l.write("main.py", "print('no such luck'); raise SystemExit(7)")
	if s, _ := await(l, func(s event.Stopped) bool { return s.Reason == event.StopExited }); s.ExitCode != 7 {
		t.Errorf("got %+v", s)
	}
	if s, _ := await[event.Stale](l, nil); s.ServingBuild != 1 || s.EditsBehind != 1 {
		t.Errorf("got %+v", s)
	}
	if got := l.get(first.URL); got != "one" {
		t.Errorf("page is %q", got)
	}
	l.write("main.py", liveApp)
	await[event.Serving](l, nil)
}

func TestTheFirstImageCrashLoops(t *testing.T) {
	l := newLive(t)
	l.write("main.py", "raise SystemExit(7)")
	l.start(config.Config{})
	await(l, func(s event.Stopped) bool { return s.Reason == event.StopCrashLoop })
	l.write("main.py", liveApp)
	s, _ := await[event.Serving](l, nil)
	if got := l.get(s.URL); got != "one" {
		t.Errorf("page is %q", got)
	}
}

func TestATakenPortIsNamedAndTakenOverWhenFree(t *testing.T) {
	holder, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer holder.Close()
	l := newLive(t)
	port := holder.Addr().(*net.TCPAddr).Port
	l.start(config.Config{App: config.App{Publish: []string{fmt.Sprintf("%d:8080", port)}}})
	w, _ := await(l, func(w event.Warning) bool { return w.Code == event.CodePortTaken })
	if !strings.Contains(w.Message, fmt.Sprint(port)) || !strings.Contains(w.Message, fmt.Sprint(os.Getpid())) {
		t.Errorf("%q names neither the port nor its holder", w.Message)
	}
	await[event.Built](l, nil)
	await[event.Sized](l, nil)
	holder.Close()
	s, _ := await[event.Serving](l, nil)
	if got := l.get(s.URL); got != "one" {
		t.Errorf("page is %q", got)
	}
}

// TestNoRequestFails holds a constant load on the port while the app is replaced again and again.
func TestNoRequestFails(t *testing.T) {
	l := newLive(t)
	l.start(config.Config{})
	first, _ := await[event.Serving](l, nil)
	load := startLoad(t, first.URL)
	var took medians
	saves := 0
	for end := time.Now().Add(soakFor()); saves < 5 || time.Now().Before(end); saves++ {
		page := fmt.Sprint("page ", saves)
		begin := time.Now()
		l.write("page.txt", page)
		await[event.Serving](l, nil)
		if got := l.get(first.URL); got != page {
			t.Errorf("served %q for %q", got, page)
		}
		took.add("save", time.Since(begin))
	}
	requests, failures := load.end()
	for _, f := range failures {
		t.Error(f)
	}
	t.Logf("%d saves, %d requests, %d failed, the slowest after %s; from save to new answer %s", saves, requests, len(failures), load.slowest, took.of("save"))
}

// TestSizesAgreeWithTheEngine compares with what `docker save` writes, whichever way the engine counts.
func TestSizesAgreeWithTheEngine(t *testing.T) {
	l := newLive(t)
	l.start(config.Config{})
	built, _ := await[event.Built](l, nil)
	sized, _ := await[event.Sized](l, nil)
	if sized.Basis != image.Files {
		t.Errorf("sizes are of %s", sized.Basis)
	}
	saved := docktest.Saved(t, l.engine, built.Image)
	if len(saved) != len(sized.After.Layers) {
		t.Fatalf("%d layers, and %d in the archive", len(sized.After.Layers), len(saved))
	}
	var total int64
	for i, layer := range sized.After.Layers {
		want := saved[i].Bytes()
		if layer.Base {
			// An engine counts the targets of links in layers that it did not build itself.
			want += saved[i].Links
		}
		if total += want; layer.Bytes != want {
			t.Errorf("%s: %d bytes, and %d in the archive", layer.CreatedBy, layer.Bytes, want)
		}
	}
	if sized.After.Bytes != total {
		t.Errorf("after: %d bytes, and %d in the archive", sized.After.Bytes, total)
	}
	var base, measured int64
	for _, layer := range docktest.Saved(t, l.engine, "python:3.9-slim") {
		base += layer.Bytes() + layer.Links
	}
	for _, layer := range sized.Before.Layers {
		if layer.Base {
			measured += layer.Bytes
		}
	}
	if sized.Before.Stage != "build" || measured != base || sized.Before.Bytes <= base {
		t.Errorf("before: stage %q of %d bytes, %d of its base; python:3.9-slim has %d", sized.Before.Stage, sized.Before.Bytes, measured, base)
	}
	if len(sized.After.Layers) == 0 || !sized.After.Layers[0].Base || sized.After.Layers[len(sized.After.Layers)-1].Base {
		t.Errorf("layers are %+v", sized.After.Layers)
	}
	l.write("page.txt", strings.Repeat("x", 10_003))
	if again, _ := await[event.Sized](l, nil); again.Delta != 10_000 {
		t.Errorf("10,000 bytes more are a delta of %d", again.Delta)
	}
}

func TestRestartAndStopOnRequest(t *testing.T) {
	l := newLive(t)
	l.start(config.Config{})
	first, _ := await[event.Serving](l, nil)
	l.intents <- event.Restart{}
	second, _ := await[event.Serving](l, nil)
	if second.Container == first.Container {
		t.Error("the same container serves after a restart")
	}
	await(l, func(s event.Stopped) bool { return s.Container == first.Container })
	l.intents <- event.Stop{}
	if s, _ := await[event.Stopped](l, nil); s.Container != second.Container || s.Reason != event.StopAsked {
		t.Errorf("got %+v", s)
	}
	l.intents <- event.Watch{On: false}
	await(l, func(w event.Watching) bool { return !w.On })
	l.write("page.txt", "two")
	l.intents <- event.Rebuild{}
	third, _ := await[event.Serving](l, nil)
	if l.get(third.URL) != "two" {
		t.Error("a build that was asked for lacks the edit made while watching was off")
	}
}

func TestATagOfSomebodyElseStays(t *testing.T) {
	l := newLive(t)
	name := config.Build{Context: l.dir}.ImageName()
	theirs, err := l.engine.Client.ImageInspect(t.Context(), "python:3.9-alpine")
	if err != nil {
		t.Fatal(err)
	}
	if err := l.engine.Client.ImageTag(t.Context(), "python:3.9-alpine", name+":latest"); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_, _ = l.engine.Client.ImageRemove(context.Background(), name+":latest", dockerimage.RemoveOptions{})
	})
	l.start(config.Config{})
	w, _ := await(l, func(w event.Warning) bool { return w.Code == event.CodeTagTaken })
	if !strings.Contains(w.Message, name) {
		t.Errorf("got %+v", w)
	}
	await[event.Serving](l, nil)
	l.stop()
	if now, err := l.engine.Client.ImageInspect(t.Context(), name+":latest"); err != nil || now.ID != theirs.ID {
		t.Errorf("the name is %s now, %v", now.ID, err)
	}
}

// TestATagThatSomebodyElseTakesStays: whoever builds an image of their own in the meantime keeps its name.
func TestATagThatSomebodyElseTakesStays(t *testing.T) {
	l := newLive(t)
	l.start(config.Config{})
	first, _ := await[event.Built](l, nil)
	await[event.Serving](l, nil)
	theirs, err := l.engine.Client.ImageInspect(t.Context(), "python:3.9-alpine")
	if err == nil {
		err = l.engine.Client.ImageTag(t.Context(), theirs.ID, first.Tag)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_, _ = l.engine.Client.ImageRemove(context.Background(), first.Tag, dockerimage.RemoveOptions{})
	})
	l.write("page.txt", "two")
	w, _ := await(l, func(w event.Warning) bool { return w.Code == event.CodeTagTaken })
	second, _ := await[event.Built](l, nil)
	if second.Tag == first.Tag || !strings.Contains(w.Message, second.Tag) {
		t.Errorf("built %q after %q, and said %q", second.Tag, first.Tag, w.Message)
	}
	serving, _ := await[event.Serving](l, nil)
	l.serves(serving.URL, "two")
	l.stop()
	if now, err := l.engine.Client.ImageInspect(t.Context(), first.Tag); err != nil || now.ID != theirs.ID {
		t.Errorf("the name is %s now, %v", now.ID, err)
	}
	if _, err := l.engine.Client.ImageInspect(t.Context(), second.Tag); err == nil {
		t.Errorf("%s is left", second.Tag)
	}
}

// TestANamedContextIsWatchedToo: what COPY --from=NAME reads is source like any other.
func TestANamedContextIsWatchedToo(t *testing.T) {
	l := newLive(t)
	assets := t.TempDir()
	page := filepath.Join(assets, "page.txt")
	if err := os.WriteFile(page, []byte("from assets"), 0o644); err != nil {
		t.Fatal(err)
	}
	l.write("Dockerfile", liveDockerfile+"COPY --from=assets page.txt /app/page.txt\n")
	l.start(config.Config{Build: config.Build{BuildContexts: map[string]string{"assets": assets}}})
	first, _ := await[event.Serving](l, nil)
	if got := l.get(first.URL); got != "from assets" {
		t.Errorf("page is %q", got)
	}
	if err := os.WriteFile(page, []byte("edited"), 0o644); err != nil {
		t.Fatal(err)
	}
	if c, _ := await[event.Changed](l, nil); !cmp.Equal(c.Paths, []string{"assets:page.txt"}) {
		t.Errorf("changed are %v", c.Paths)
	}
	// In place: it may have been built while it was empty.
	l.serves(first.URL, "edited")
}

// TestSeveralPorts: each -p value is served, the first one decides whether the app is ready.
func TestSeveralPorts(t *testing.T) {
	admin := freePort(t)
	l := newLive(t)
	l.write("main.py", strings.Replace(liveApp, "http.server.ThreadingHTTPServer((\"\", 8080)", `import threading
threading.Thread(target=http.server.ThreadingHTTPServer(("", 9090), H).serve_forever, daemon=True).start()
http.server.ThreadingHTTPServer(("", 8080)`, 1))
	l.start(config.Config{App: config.App{Publish: []string{"0:8080", fmt.Sprintf("%d:9090", admin)}}})
	first, _ := await[event.Serving](l, nil)
	l.write("page.txt", "two")
	await[event.Serving](l, nil)
	for _, url := range []string{first.URL, fmt.Sprintf("http://127.0.0.1:%d", admin)} {
		if got := l.get(url); got != "two" {
			t.Errorf("%s serves %q", url, got)
		}
	}
}
