package engine

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/docker/docker/api/types/image"

	"github.com/stagewatch/stagewatch/engine/config"
	"github.com/stagewatch/stagewatch/engine/event"
)

// TestAnAppThatNeverAnswers: what served before goes on, and an edit that mends it need not wait for the verdict.
func TestAnAppThatNeverAnswers(t *testing.T) {
	l := newLive(t)
	l.start(config.Config{})
	first, _ := await[event.Serving](l, nil)
	l.write("main.py", "import time; print('up, and deaf', flush=True); time.sleep(3600)")
	await(l, func(log event.Log) bool { return log.Text == "up, and deaf" })
	if got := l.get(first.URL); got != "one" {
		t.Errorf("page is %q", got)
	}
	l.write("main.py", strings.Replace(liveApp, "http.server.ThreadingHTTPServer", "print('mended'); http.server.ThreadingHTTPServer", 1))
	mended, e := await[event.Serving](l, nil)
	if got := l.get(first.URL); got != "one" || e.Build != 3 {
		t.Errorf("build %d serves %q", e.Build, got)
	}
	l.settles(l.session(mended.Container), 1, 2)
}

// TestABaseImageThatIsMissing is named with the line that asks for it; when it is there, it is built upon.
func TestABaseImageThatIsMissing(t *testing.T) {
	l := newLive(t)
	base := "stagewatch-base-" + l.unique
	l.write("Dockerfile", strings.Replace(liveDockerfile, "FROM python:3.9-alpine", "FROM "+base, 1))
	l.start(config.Config{})
	failed, _ := await[event.Failed](l, nil)
	if failed.Line != 7 || !strings.Contains(failed.Message, base) || failed.Hint == "" {
		t.Errorf("failed with %+v", failed)
	}
	if err := l.engine.Client.ImageTag(t.Context(), "python:3.9-alpine", base); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_, _ = l.engine.Client.ImageRemove(context.Background(), base, image.RemoveOptions{})
	})
	l.intents <- event.Rebuild{}
	s, _ := await[event.Serving](l, nil)
	if got := l.get(s.URL); got != "one" {
		t.Errorf("page is %q", got)
	}
}

// TestTimesThatJump: a clock that is set, or a tool that keeps a file's time, hides no edit.
func TestTimesThatJump(t *testing.T) {
	l := newLive(t)
	l.start(config.Config{})
	first, _ := await[event.Serving](l, nil)
	page := filepath.Join(l.dir, "page.txt")
	was, err := os.Stat(page)
	if err != nil {
		t.Fatal(err)
	}
	for text, at := range map[string]time.Time{
		"two": was.ModTime(), "three": was.ModTime().AddDate(-1, 0, 0), "four": was.ModTime().AddDate(1, 0, 0), "six": was.ModTime(),
	} {
		// In place, and by a write of its own: between the two the file is as it was, but for its time.
		if err := os.WriteFile(page, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(page, at, at); err != nil {
			t.Fatal(err)
		}
		l.serves(first.URL, text)
	}
}

// TestAFileThatChangesWhileItIsSent: what is served in the end is how it was left.
func TestAFileThatChangesWhileItIsSent(t *testing.T) {
	l := newLive(t)
	l.start(config.Config{})
	first, _ := await[event.Serving](l, nil)
	page := filepath.Join(l.dir, "page.txt")
	last := ""
	for n, end := 0, time.Now().Add(3*time.Second); time.Now().Before(end); n++ {
		// Always of the same size, so that its time alone tells.
		last = fmt.Sprintf("%01000000d", n)
		if err := os.WriteFile(page, []byte(last), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if !l.serves(first.URL, last) {
		t.Error("the file as it was amidst the writing is served")
	}
}
