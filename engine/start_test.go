package engine

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/containerd/errdefs"

	"github.com/stagewatch/stagewatch/engine/config"
	"github.com/stagewatch/stagewatch/engine/event"
	"github.com/stagewatch/stagewatch/engine/serve"
)

// TestAContainerThatDoesNotStartIsNotTriedForEver: what the engine refuses once, what may pass some times, and either
// again with the next build.
func TestAContainerThatDoesNotStartIsNotTriedForEver(t *testing.T) {
	for name, c := range map[string]struct {
		err   error
		tries int
	}{
		"refused":   {fmt.Errorf("creating the container: %w", errdefs.ErrInvalidArgument), 1},
		"not there": {fmt.Errorf("starting the container: %w", errdefs.ErrNotFound), 1},
		"may pass":  {errors.New("starting the container: no space left on device"), serve.StartTries},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := newRig(t, config.Config{})
				defer r.close()
				r.runner.err = c.err
				r.succeed()
				r.measured()
				time.Sleep(time.Hour)
				synctest.Wait()
				if r.runner.tries != c.tries {
					t.Errorf("tried %d times in an hour, want %d", r.runner.tries, c.tries)
				}
				events := r.drain()
				warnings := all[event.Warning](events)
				last := warnings[len(warnings)-1].Body.(event.Warning)
				if !strings.Contains(last.Message, c.err.Error()) || !strings.Contains(last.Hint, "not tried again by itself") {
					t.Errorf("the last word is %+v", last)
				}
				if n := len(all[event.Sized](events)); n != 1 {
					t.Errorf("one image was measured %d times", n)
				}
				r.runner.err = nil
				r.save("src/a", "2")
				r.succeed()
				r.runner.last().ready <- nil
				if got := r.door.serves(); got != "container-1" {
					t.Errorf("%q serves after the next build", got)
				}
			})
		})
	}
}

// TestTheDockerfileInEitherCase: it may come, go and change its case while the session lasts.
func TestTheDockerfileInEitherCase(t *testing.T) {
	dir := t.TempDir()
	p, err := openProject(t.Context(), config.Config{Build: config.Build{Context: dir}, Session: config.Session{Once: true, Await: true}})
	if err != nil {
		t.Fatal(err)
	}
	upper, lower := filepath.Join(dir, "Dockerfile"), filepath.Join(dir, "dockerfile")
	is := func(when, want string) {
		t.Helper()
		p.read()
		if p.missing() != (want == "") || want != "" && string(p.source) != want {
			t.Errorf("%s: read %q, missing %v", when, p.source, p.missing())
		}
	}
	write := func(path, text string) {
		t.Helper()
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	is("at first", "")
	write(lower, "FROM lower")
	if !p.isDockerfile(lower) || !p.isDockerfile(upper) || p.isDockerfile(filepath.Join(dir, "DOCKERFILE")) {
		t.Error("what is the Dockerfile, or may become it, is not known as such")
	}
	is("in small letters", "FROM lower")
	write(upper, "FROM upper")
	is("with both", "FROM upper")
	if p.isDockerfile(lower) {
		t.Error("the one in small letters counts beside the other")
	}
	if err := os.Remove(upper); err != nil {
		t.Fatal(err)
	}
	is("with the other gone", "FROM lower")
	if err := os.Remove(lower); err != nil {
		t.Fatal(err)
	}
	is("with both gone", "")
}
