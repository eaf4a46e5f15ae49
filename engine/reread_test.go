package engine

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stagewatch/stagewatch/engine/config"
	"github.com/stagewatch/stagewatch/engine/event"
	"github.com/stagewatch/stagewatch/engine/event/eventtest"
)

// TestADockerfileThatCanBeReadAgainIsOneBuild, whether the notice of it comes before it is found or after.
func TestADockerfileThatCanBeReadAgainIsOneBuild(t *testing.T) {
	for name, noticed := range map[string]bool{"noticed first": true, "found first": false} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := newRig(t, config.Config{})
				defer r.close()
				whole := "FROM base AS build\nCOPY . /all\nFROM small\nCOPY --from=build /all /all\n"
				r.save("Dockerfile", whole)
				r.serve()
				r.drain()
				path, aside := filepath.Join(r.dir, "Dockerfile"), filepath.Join(t.TempDir(), "whole")
				if err := os.Rename(path, aside); err != nil {
					t.Fatal(err)
				}
				if err := os.Mkdir(path, 0o755); err != nil {
					t.Fatal(err)
				}
				r.batch([]string{"Dockerfile"}, false)
				time.Sleep(10 * readEvery)
				synctest.Wait()
				if failed := eventtest.All[event.Failed](r.drain()); len(failed) != 1 || !strings.Contains(failed[0].Body.(event.Failed).Message, "can't be read") {
					t.Errorf("while it is a folder: %+v", failed)
				}
				if err := os.Remove(path); err != nil {
					t.Fatal(err)
				}
				if err := os.Rename(aside, path); err != nil {
					t.Fatal(err)
				}
				if noticed {
					r.batch([]string{"Dockerfile"}, false)
				}
				time.Sleep(2 * readEvery)
				synctest.Wait()
				r.batch([]string{"Dockerfile"}, false)
				events := r.drain()
				r.serve()
				time.Sleep(2 * readEvery)
				events = append(events, r.drain()...)
				if planned, abandoned := eventtest.All[event.Planned](events), eventtest.All[event.Abandoned](events); len(planned) != 1 || len(abandoned) != 0 {
					t.Errorf("builds: %+v, abandoned: %+v", planned, abandoned)
				}
			})
		})
	}
}

// TestWhatTheSameSaveNamesIsNotIgnored: a file that the built-in rules leave out, and the step that lets it in.
func TestWhatTheSameSaveNamesIsNotIgnored(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, config.Config{})
		defer r.close()
		r.serve()
		r.write("notes~", "kept")
		r.write("other~", "a backup")
		r.write("Dockerfile", rigDockerfile+"COPY notes~ /\n")
		r.batch([]string{"notes~", "other~", "Dockerfile"}, false)
		skipped := eventtest.All[event.Skipped](r.drain())
		if len(skipped) != 1 || strings.Join(skipped[0].Body.(event.Skipped).Paths, " ") != "other~" {
			t.Errorf("skipped: %+v", skipped)
		}
	})
}

// TestAnIgnoreFileThatCantBeHadFailsTheBuild, as docker build does, and as it is at the start.
func TestAnIgnoreFileThatCantBeHadFailsTheBuild(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, config.Config{})
		defer r.close()
		r.save(".dockerignore", "*.log\n")
		r.serve()
		r.drain()
		fails := func(what string) {
			t.Helper()
			events := r.drain()
			if failed, stale := eventtest.All[event.Failed](events), eventtest.All[event.Stale](events); len(failed) != 1 || len(stale) != 1 || failed[0].Body.(event.Failed).Hint == "" || !strings.Contains(failed[0].Body.(event.Failed).Message, "ignore") {
				t.Errorf("%s: %+v, %+v", what, failed, stale)
			}
		}
		r.save(".dockerignore", "*.log\n[\n")
		fails("a broken pattern")
		r.save("src/a", "2")
		fails("a save meanwhile")
		r.save(".dockerignore", "*.log\n")
		if planned := eventtest.All[event.Planned](r.drain()); len(planned) != 1 {
			t.Errorf("mended: %+v", planned)
		}
		r.serve()
		r.drain()

		// Nothing else changes: what served is of the same context, and is the newest again.
		path := filepath.Join(r.dir, ".dockerignore")
		if err := os.Rename(path, path+".log"); err != nil {
			t.Fatal(err)
		}
		if err := os.Mkdir(path, 0o755); err != nil {
			t.Fatal(err)
		}
		r.batch([]string{".dockerignore"}, false)
		fails("a folder")
		if err := os.Remove(path); err != nil {
			t.Fatal(err)
		}
		if err := os.Rename(path+".log", path); err != nil {
			t.Fatal(err)
		}
		time.Sleep(2 * readEvery)
		synctest.Wait()
		r.batch([]string{".dockerignore"}, false)
		events := r.drain()
		if planned, abandoned := eventtest.All[event.Planned](events), eventtest.All[event.Abandoned](events); len(planned) != 1 || len(abandoned) != 0 {
			t.Errorf("readable again: %+v, %+v", planned, abandoned)
		}
		r.serve()
	})
}
