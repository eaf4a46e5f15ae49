package explain

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/docker/docker/api/types/image"
	"github.com/google/go-cmp/cmp"

	"github.com/stagewatch/stagewatch/engine"
	"github.com/stagewatch/stagewatch/engine/config"
	"github.com/stagewatch/stagewatch/engine/dock"
	"github.com/stagewatch/stagewatch/engine/dock/docktest"
	"github.com/stagewatch/stagewatch/engine/event"
)

// TestAPlanComesTrue with no engine to ask, and with one.
func TestAPlanComesTrue(t *testing.T) {
	for _, tt := range promises {
		t.Run(tt.name, func(t *testing.T) {
			l := &promised{t: t, dir: filepath.Join(t.TempDir(), "project"), engine: docktest.Engine(t), unique: fmt.Sprint(time.Now().UnixNano())}
			t.Setenv("XDG_CACHE_HOME", t.TempDir())
			l.base = "stagewatch-test-base:" + l.unique
			l.rebase(tt.base)
			for name, text := range map[string]string{"a1.txt": "one UNIQUE", "a0.txt": "zero UNIQUE", "b.txt": "one UNIQUE", "c.md": "one", "v1/f": "one UNIQUE", "v2/f": "two UNIQUE"} {
				l.write(name, text)
			}
			l.must(os.Symlink("v1", l.path("cur")))
			for name, text := range tt.files {
				l.write(name, text)
			}
			if _, _, err := l.once(l.config(tt.flags)); err != nil {
				if strings.Contains(err.Error(), "too old for") {
					t.Skip(err)
				}
				t.Fatal(err)
			}
			for _, turn := range tt.turns {
				if turn.edit != nil {
					turn.edit(l)
				}
				l.rebase(turn.moves)
				cfg := l.config(turn.flags)
				asked := l.explain(cfg, false)
				alone := cfg
				alone.Engine.Host = "unix://" + filepath.Join(t.TempDir(), "none.sock")
				offline := l.explain(alone, turn.unknown)
				planned, states, err := l.once(cfg)
				l.must(err)
				l.check(turn, "asked the engine", asked, planned, states)
				if turn.moves == "" {
					l.check(turn, "asked no engine", offline, planned, states)
				}
			}
		})
	}
}

// promised is a project on a real engine.
type promised struct {
	t      *testing.T
	dir    string
	engine *dock.Engine
	// unique makes the steps of this test unknown to every cache, and base is the image that BASE stands for.
	unique, base string
}

// rebase builds the base, unless there is nothing to build it of.
func (l *promised) rebase(dockerfile string) {
	l.t.Helper()
	if dockerfile == "" {
		return
	}
	id := docktest.Build(l.t, l.engine, docktest.Session(l.t, l.engine), strings.ReplaceAll(dockerfile, "UNIQUE", l.unique), map[string]string{"f": ""})
	l.must(l.engine.Client.ImageTag(l.t.Context(), id, l.base))
	l.t.Cleanup(func() { _, _ = l.engine.Client.ImageRemove(context.Background(), l.base, image.RemoveOptions{}) })
}

func (l *promised) config(flags func(*promised, *config.Config)) config.Config {
	cfg := config.Config{Build: config.Build{Context: l.dir}}
	if flags != nil {
		flags(l, &cfg)
	}
	return cfg
}

// explain plans for all that changed. That a base is not known is to be said, and never without need.
func (l *promised) explain(cfg config.Config, unknown bool) event.Planned {
	l.t.Helper()
	bodies, err := Changes(l.t.Context(), cfg, nil)
	l.must(err)
	warned := false
	for _, b := range bodies {
		w, ok := b.(event.Warning)
		warned = warned || ok && w.Code == event.CodeBaseUnknown
	}
	if warned != unknown {
		l.t.Errorf("unknown bases %v: %+v", unknown, bodies)
	}
	return bodies[len(bodies)-1].(event.Planned)
}

// check holds a plan against what the build planned, and what it did.
func (l *promised) check(turn turn, how string, plan, built event.Planned, states map[string]event.State) {
	l.t.Helper()
	want := slices.Clone(built.Steps)
	for i := range want {
		if turn.unknown && i < len(plan.Steps) && strings.HasPrefix(want[i].Instruction, plan.Steps[i].Instruction+"@sha256:") {
			// Without the engine nobody knows which image of that name it has.
			want[i].Instruction = plan.Steps[i].Instruction
		}
	}
	if diff := cmp.Diff(want, plan.Steps); diff != "" {
		l.t.Errorf("%s: %s, it planned otherwise than the build:\n%s", turn.what, how, diff)
	}
	for _, s := range plan.Steps {
		id := fmt.Sprintf("%s %d", s.Stage, s.Index)
		state, allowed := states[id], slices.Contains(turn.may, id)
		// A FROM is not reliably reported as cached.
		reported := !strings.HasPrefix(s.Instruction, "FROM ")
		if s.Prediction == event.MayRerun && !allowed || reported && (s.Prediction == event.WillHit && state != event.Hit || s.Prediction == event.WillRerun && state != event.Ran) {
			l.t.Errorf("%s: %s, it said %s of %s %s (%s), which is %s", turn.what, how, s.Prediction, id, s.Instruction, s.Because, state)
		}
	}
}

func (l *promised) write(name, text string) {
	l.t.Helper()
	l.must(os.MkdirAll(filepath.Dir(l.path(name)), 0o755))
	// As editors save: whole, under another name, renamed.
	l.must(os.WriteFile(l.path(name+"~"), []byte(strings.NewReplacer("UNIQUE", l.unique, "BASE", l.base).Replace(text)), 0o644))
	l.must(os.Rename(l.path(name+"~"), l.path(name)))
}

func (l *promised) path(name string) string { return filepath.Join(l.dir, name) }

func (l *promised) must(err error) {
	l.t.Helper()
	if err != nil {
		l.t.Fatal(err)
	}
}

// once builds once, and returns what was planned and what became of each step.
func (l *promised) once(cfg config.Config) (event.Planned, map[string]event.State, error) {
	l.t.Helper()
	cfg.Context, cfg.Once = l.dir, true
	events := make(chan event.Event)
	ended := make(chan error, 1)
	go func() { ended <- engine.Run(l.t.Context(), context.Background(), cfg, nil, events) }()
	var planned event.Planned
	states := map[string]event.State{}
	for e := range events {
		switch b := e.Body.(type) {
		case event.Planned:
			planned = b
		case event.Step:
			states[fmt.Sprintf("%s %d", b.Stage, b.Index)] = b.State
		}
	}
	return planned, states, <-ended
}
