package engine

import (
	"archive/tar"
	"bytes"
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

	"github.com/stagewatch/stagewatch/engine/dock/docktest"
	"github.com/stagewatch/stagewatch/engine/event"
)

// promise is a project that is built, and then changed, planned and built again, turn by turn: what the plan is certain
// of must come true.
type promise struct {
	name string
	// files are the project's. In them UNIQUE is the test's own, and BASE an image that is built of base.
	files map[string]string
	base  string
	// flags are what the first build is made with.
	flags func(*live, *Config)
	turns []turn
}

// turn is what changes between two builds.
type turn struct {
	what  string
	edit  func(*live)
	flags func(*live, *Config)
	// may are the steps of which nobody can know.
	may []string
	// unknown tells that a base comes in which no build here had.
	unknown bool
	// moves is what the base is built of anew, which only an engine knows.
	moves string
}

var promises = []promise{
	{name: "files", files: map[string]string{"Dockerfile": plainly}, turns: []turn{
		{what: "nothing"},
		{what: "another content", edit: writes("a1.txt", "two UNIQUE")},
		{what: "the same content again", edit: writes("a1.txt", "two UNIQUE")},
		{what: "another mode", edit: func(l *live) { l.must(os.Chmod(l.path("a1.txt"), 0o755)) }},
		{what: "another name", edit: func(l *live) { l.must(os.Rename(l.path("a1.txt"), l.path("a2.txt"))) }},
		{what: "gone", edit: func(l *live) { l.must(os.Remove(l.path("a2.txt"))) }},
		{what: "what nobody copies", edit: writes("c.md", "two")},
		{what: "a link", edit: func(l *live) {
			l.must(os.Remove(l.path("cur")))
			l.must(os.Symlink("v2", l.path("cur")))
		}},
		{what: "an instruction", edit: writes("Dockerfile", strings.Replace(plainly, "echo b", "echo c", 1))},
		{what: "a comment", edit: writes("Dockerfile", "# UNIQUE\n"+strings.Replace(plainly, "echo b", "echo c", 1))},
	}},
	{name: "the ignore file", files: map[string]string{"Dockerfile": "# syntax=docker/dockerfile:1\nFROM python:3.9-alpine\nCOPY . /\nRUN echo UNIQUE\n", ".dockerignore": "Dockerfile\n.dockerignore\n"}, turns: []turn{
		{what: "another rule", edit: writes(".dockerignore", "Dockerfile\n.dockerignore\nc.md\n")},
		{what: "an ignored file", edit: writes("c.md", "two")},
	}},
	{name: "linked copies", files: map[string]string{"Dockerfile": "FROM python:3.9-alpine AS a\nCOPY b.txt /a\nFROM a\nCOPY --link a1.txt /l/\nRUN echo UNIQUE\n"}, turns: []turn{
		{what: "the stage below", edit: writes("b.txt", "two UNIQUE")},
		{what: "what is copied", edit: writes("a1.txt", "two UNIQUE")},
	}},
	{name: "triggers of the base", base: "FROM python:3.9-alpine\nLABEL u=UNIQUE\nONBUILD WORKDIR /srv\nONBUILD COPY a1.txt .\nONBUILD RUN cp a1.txt made\n",
		files: map[string]string{"Dockerfile": "FROM BASE AS x\nCOPY b.txt b\nRUN echo UNIQUE\nFROM python:3.9-alpine\nCOPY --from=x /srv/made /\n"}, turns: []turn{
			{what: "what they copy", edit: writes("a1.txt", "two UNIQUE"), may: []string{"stage-1 2"}},
			{what: "what stands behind them", edit: writes("b.txt", "two UNIQUE"), may: []string{"stage-1 2"}},
			{what: "another base in its place", edit: writes("Dockerfile", "FROM python:3.9-slim\nCOPY b.txt b\n"), unknown: true},
		}},
	{name: "the config of the base", base: "FROM python:3.9-alpine\nENV APP_HOME=/opt/UNIQUE SRC=b.txt\nWORKDIR /work\nSHELL [\"/bin/sh\", \"-ec\"]\nUSER 7\n",
		files: map[string]string{"Dockerfile": "FROM BASE\nCOPY a1.txt rel/\nWORKDIR sub\nCOPY $SRC $APP_HOME/\nRUN echo UNIQUE\n"}, turns: []turn{
			{what: "a file that a variable names", edit: writes("b.txt", "two UNIQUE")},
			{what: "a new step on it", edit: writes("Dockerfile", "FROM BASE\nCOPY a1.txt rel/\nWORKDIR sub\nCOPY $SRC $APP_HOME/\nRUN echo UNIQUE\nCOPY b.txt there\n")},
		}},
	{name: "a base that moves", base: "FROM python:3.9-alpine\nRUN echo UNIQUE >/it\nLABEL v=1\n", files: map[string]string{"Dockerfile": "FROM BASE\nCOPY a1.txt /\nRUN echo UNIQUE\n"}, turns: []turn{
		{what: "to the same files", moves: "FROM python:3.9-alpine\nRUN echo UNIQUE >/it\nLABEL v=2\n"},
		{what: "to others", moves: "FROM python:3.9-alpine\nRUN echo UNIQUE two >/it\n"},
		{what: "to another config", moves: "FROM python:3.9-alpine\nRUN echo UNIQUE two >/it\nENV V=2\n"},
	}},
	{name: "named contexts", files: map[string]string{"Dockerfile": "FROM python:3.9-alpine\nWORKDIR /UNIQUE\nCOPY --from=lib /etc/passwd /\nRUN echo UNIQUE\n", "../lib/etc/passwd": "one UNIQUE", "../lib/g": "one", "../lib2/etc/passwd": "two UNIQUE"}, flags: lib("lib"), turns: []turn{
		{what: "what is copied", flags: lib("lib"), edit: writes("../lib/etc/passwd", "three UNIQUE")},
		{what: "what nobody copies", flags: lib("lib"), edit: writes("../lib/g", "two")},
		{what: "another folder", flags: lib("lib2")},
		{what: "an image", flags: func(_ *live, c *Config) {
			c.BuildContexts = map[string]string{"lib": "docker-image://python:3.9-alpine"}
		}},
	}},
	{name: "mounts", files: map[string]string{"Dockerfile": "FROM python:3.9-alpine\nRUN --mount=type=cache,target=/c --mount=type=bind,source=a1.txt,target=/a cp /a /c/UNIQUE\nRUN --mount=type=bind,source=b.txt,target=/b cp /b /b2\n"}, turns: []turn{
		{what: "one of two", edit: writes("b.txt", "two UNIQUE")},
	}},
	{name: "what stands in the Dockerfile", files: map[string]string{"Dockerfile": heredocs}, turns: []turn{
		{what: "a script", edit: writes("Dockerfile", strings.Replace(heredocs, "two", "three", 1))},
		{what: "a file", edit: writes("Dockerfile", strings.NewReplacer("one", "1", "two", "three").Replace(heredocs))},
	}},
	{name: "an archive", files: map[string]string{"Dockerfile": "FROM python:3.9-alpine\nCOPY a1.txt /\nADD x.tar /x\nRUN echo UNIQUE\n", "x.tar": archive("one")}, turns: []turn{
		{what: "another one", edit: writes("x.tar", archive("two"))},
	}},
	{name: "arguments", files: map[string]string{"Dockerfile": "ARG KIND=alpine\nFROM python:3.9-${KIND}\nCOPY a1.txt /\nARG V=1\nRUN echo UNIQUE$V\nCOPY b.txt /\n"}, flags: arguments("V=UNIQUE"), turns: []turn{
		{what: "the same", flags: arguments("V=UNIQUE")},
		{what: "another one", flags: arguments("V=2UNIQUE")},
		{what: "another base", flags: arguments("V=2UNIQUE", "KIND=slim"), unknown: true},
	}},
	{name: "targets", files: map[string]string{"Dockerfile": "FROM python:3.9-alpine AS x\nCOPY a1.txt /\nFROM x AS one\nRUN echo one UNIQUE\nFROM python:3.9-slim AS two\nCOPY b.txt /\nCOPY --from=x /a1.txt /\nRUN echo two UNIQUE\n"}, flags: target("one"), turns: []turn{
		{what: "a new one", flags: target("two"), may: []string{"two 1", "two 2", "two 3", "two 4"}, unknown: true},
		{what: "an old one", flags: target("one"), may: []string{"one 1"}},
	}},
	{name: "platforms", files: map[string]string{"Dockerfile": "FROM scratch\nCOPY a1.txt /\nWORKDIR /w\n"}, turns: []turn{
		{what: "another one", flags: func(_ *live, c *Config) { c.Platform = "linux/arm/v6" }},
	}},
	{name: "outputs", files: map[string]string{"Dockerfile": "FROM python:3.9-alpine AS x\nCOPY a1.txt /\nRUN echo UNIQUE >/o\nFROM python:3.9-alpine\nCOPY --from=x /o /\nRUN echo UNIQUE\n"}, turns: []turn{
		{what: "the same, of other files", edit: writes("a1.txt", "two UNIQUE"), may: []string{"stage-1 2", "stage-1 3"}},
	}},
	{name: "patterns", files: map[string]string{"Dockerfile": "FROM python:3.9-alpine\nCOPY --exclude=*.md . /x\nCOPY --parents ./v1/f /y/\nRUN echo UNIQUE\n", ".dockerignore": "Dockerfile\n.dockerignore\n"}, turns: []turn{
		{what: "what they leave out", edit: writes("c.md", "two")},
		{what: "what they take", edit: writes("v1/f", "two UNIQUE")},
	}},
}

const (
	plainly  = "FROM python:3.9-alpine\nCOPY a*.txt /a/\nRUN echo a UNIQUE\nCOPY b.txt /b/\nCOPY cur/f /f\nRUN echo b UNIQUE\n"
	heredocs = "FROM python:3.9-alpine\nCOPY <<E /f\none UNIQUE\nE\nRUN <<E\necho two UNIQUE\nE\nCOPY a1.txt /\n"
)

func writes(name, text string) func(*live) { return func(l *live) { l.write(name, text) } }

func arguments(values ...string) func(*live, *Config) {
	return func(l *live, c *Config) {
		for _, v := range values {
			c.BuildArgs = append(c.BuildArgs, strings.ReplaceAll(v, "UNIQUE", l.unique))
		}
	}
}

func target(name string) func(*live, *Config) { return func(_ *live, c *Config) { c.Target = name } }

func lib(dir string) func(*live, *Config) {
	return func(l *live, c *Config) { c.BuildContexts = map[string]string{"lib": l.path("../" + dir)} }
}

func archive(text string) string {
	var out bytes.Buffer
	w := tar.NewWriter(&out)
	_ = w.WriteHeader(&tar.Header{Name: "f", Mode: 0o644, Size: int64(len(text)), ModTime: time.Unix(0, 0)})
	_, _ = w.Write([]byte(text))
	_ = w.Close()
	return out.String()
}

func (l *live) path(name string) string { return filepath.Join(l.dir, name) }

func (l *live) must(err error) {
	l.t.Helper()
	if err != nil {
		l.t.Fatal(err)
	}
}

// once builds once, and returns what was planned and what became of each step.
func (l *live) once(cfg Config) (event.Planned, map[string]event.State, error) {
	l.t.Helper()
	cfg.Context, cfg.Once = l.dir, true
	events := make(chan event.Event)
	ended := make(chan error, 1)
	go func() { ended <- Run(l.t.Context(), context.Background(), cfg, nil, events) }()
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

// TestAPlanComesTrue with no engine to ask, and with one.
func TestAPlanComesTrue(t *testing.T) {
	for _, tt := range promises {
		t.Run(tt.name, func(t *testing.T) {
			l := &live{t: t, dir: filepath.Join(t.TempDir(), "project"), engine: docktest.Engine(t), unique: fmt.Sprint(time.Now().UnixNano())}
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

// rebase builds the base, unless there is nothing to build it of.
func (l *live) rebase(dockerfile string) {
	l.t.Helper()
	if dockerfile == "" {
		return
	}
	id := docktest.Build(l.t, l.engine, docktest.Session(l.t, l.engine), strings.ReplaceAll(dockerfile, "UNIQUE", l.unique), map[string]string{"f": ""})
	l.must(l.engine.Client.ImageTag(l.t.Context(), id, l.base))
	l.t.Cleanup(func() { _, _ = l.engine.Client.ImageRemove(context.Background(), l.base, image.RemoveOptions{}) })
}

func (l *live) config(flags func(*live, *Config)) Config {
	cfg := Config{Context: l.dir}
	if flags != nil {
		flags(l, &cfg)
	}
	return cfg
}

// explain plans for all that changed. That a base is not known is to be said, and never without need.
func (l *live) explain(cfg Config, unknown bool) event.Planned {
	l.t.Helper()
	bodies, err := Explain(l.t.Context(), cfg, nil)
	l.must(err)
	warned := false
	for _, b := range bodies {
		w, ok := b.(event.Warning)
		warned = warned || ok && w.Code == "base-unknown"
	}
	if warned != unknown {
		l.t.Errorf("unknown bases %v: %+v", unknown, bodies)
	}
	return bodies[len(bodies)-1].(event.Planned)
}

// check holds a plan against what the build planned, and what it did.
func (l *live) check(turn turn, how string, plan, built event.Planned, states map[string]event.State) {
	l.t.Helper()
	if diff := cmp.Diff(built.Steps, plan.Steps); diff != "" {
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
