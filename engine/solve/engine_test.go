package solve

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/docker/docker/api/types/image"
	"github.com/tonistiigi/fsutil"

	"github.com/stagewatch/stagewatch/engine/dock"
	"github.com/stagewatch/stagewatch/engine/event"
	"github.com/stagewatch/stagewatch/engine/plan"
	"github.com/stagewatch/stagewatch/engine/tree"
)

// bench is a context folder and the engine that builds it.
type bench struct {
	t       *testing.T
	engine  *dock.Engine
	builder *Builder
	dir     string
	// secret makes the steps of this run unknown to every cache.
	secret string
	// tree is the folder in memory, nil before it is needed.
	tree *tree.Tree
}

func newBench(t *testing.T) *bench {
	t.Helper()
	if os.Getenv("ENGINE") == "none" {
		t.Skip("needs a Docker Engine, and ENGINE=none")
	}
	e, err := dock.Connect(t.Context(), dock.Options{})
	if err != nil {
		t.Fatal(err)
	}
	b, err := New(t.Context(), e)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		b.Close()
		e.Close()
	})
	return &bench{t: t, engine: e, builder: b, dir: t.TempDir(), secret: fmt.Sprint(time.Now().UnixNano())}
}

func (b *bench) write(name, text string) {
	b.t.Helper()
	path := filepath.Join(b.dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		b.t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(strings.ReplaceAll(text, "SECRET", b.secret)), 0o644); err != nil {
		b.t.Fatal(err)
	}
}

func (b *bench) link(target, name string) {
	b.t.Helper()
	if err := os.Symlink(target, filepath.Join(b.dir, name)); err != nil {
		b.t.Fatal(err)
	}
}

// outcome is what one build emitted: its steps, one on each line, and its output.
type outcome struct {
	steps  string
	output string
	bodies []event.Body
	*Result
}

func (b *bench) plan() *plan.Plan {
	b.t.Helper()
	dockerfile, err := os.ReadFile(filepath.Join(b.dir, "Dockerfile"))
	if err != nil {
		b.t.Fatal(err)
	}
	p, err := plan.New(b.t.Context(), plan.Input{Dockerfile: dockerfile, Filename: "Dockerfile", Attrs: map[string]string{"label:stagewatch-test": b.t.Name()}, Caps: b.builder.Caps(), Platform: b.builder.Platform()}, b.builder)
	if err != nil {
		b.t.Fatal(err)
	}
	return p
}

func (b *bench) build(ctx context.Context, watch func(event.Body)) (outcome, error) {
	b.t.Helper()
	return b.buildWith(ctx, func(*Request) {}, watch)
}

func (b *bench) buildWith(ctx context.Context, edit func(*Request), watch func(event.Body)) (outcome, error) {
	b.t.Helper()
	fs, err := fsutil.NewFS(b.dir)
	if err != nil {
		b.t.Fatal(err)
	}
	var o outcome
	last := map[string]string{}
	p := b.plan()
	req := Request{Plan: p, Contexts: map[string]fsutil.FS{"context": fs}, SharedKey: b.dir, Emit: func(body event.Body) {
		o.bodies = append(o.bodies, body)
		switch e := body.(type) {
		case event.Step:
			last[fmt.Sprint(e.Stage, e.Index)] = fmt.Sprintf("%s %d/%d :%d %s", e.Stage, e.Index, e.Total, e.Line, e.State)
		case event.Output:
			o.output += e.Stream + " " + e.Text + "\n"
		}
		if watch != nil {
			watch(body)
		}
	}}
	edit(&req)
	o.Result, err = b.builder.Build(ctx, req)
	for _, s := range p.Steps {
		o.steps += last[fmt.Sprint(s.Stage, s.Index)] + "\n"
	}
	if err == nil {
		b.t.Cleanup(func() {
			_, _ = b.engine.Client.ImageRemove(context.Background(), o.Image, image.RemoveOptions{Force: true, PruneChildren: true})
		})
	}
	return o, err
}

func (b *bench) want(o outcome, steps string) {
	b.t.Helper()
	if want := strings.TrimPrefix(steps, "\n"); o.steps != want {
		b.t.Errorf("steps:\n%swant:\n%s", o.steps, want)
	}
}

const twoStages = `FROM python:3.9-alpine AS build
WORKDIR /SECRET
COPY requirements.txt .
RUN echo installing SECRET && cp requirements.txt /installed
COPY . .
RUN echo building && cat main.txt >/out

FROM python:3.9-alpine AS unused
RUN false

FROM python:3.9-alpine
COPY --from=build /installed /installed
COPY --from=build /out /out
CMD ["cat", "/out"]
`

func TestBuildReportsHitsAndRuns(t *testing.T) {
	b := newBench(t)
	b.write("Dockerfile", twoStages)
	b.write("requirements.txt", "one SECRET")
	b.write("main.txt", "first "+b.secret)
	cold, err := b.build(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	b.want(cold, `
build 1/6 :1 hit
build 2/6 :2 ran
build 3/6 :3 ran
build 4/6 :4 ran
build 5/6 :5 ran
build 6/6 :6 ran
stage-2 1/3 :11 hit
stage-2 2/3 :12 ran
stage-2 3/3 :13 ran
`)
	if want := "stdout installing " + b.secret; !strings.Contains(cold.output, want) {
		t.Errorf("output %q lacks %q", cold.output, want)
	}
	warm, err := b.build(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	// Both stages have the same base: nine steps, of which BuildKit builds eight.
	if warm.Ran != 0 || warm.Hits != 8 {
		t.Errorf("unchanged: %d ran, %d hits\n%s", warm.Ran, warm.Hits, warm.steps)
	}
	b.write("main.txt", "second "+b.secret)
	edited, err := b.build(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	b.want(edited, `
build 1/6 :1 hit
build 2/6 :2 hit
build 3/6 :3 hit
build 4/6 :4 hit
build 5/6 :5 ran
build 6/6 :6 ran
stage-2 1/3 :11 hit
stage-2 2/3 :12 hit
stage-2 3/3 :13 ran
`)
	img, err := b.engine.Client.ImageInspect(t.Context(), edited.Image)
	if err != nil {
		t.Fatal(err)
	}
	if got := img.Config.Labels["stagewatch-test"]; got != t.Name() {
		t.Errorf("label %q", got)
	}
}

func TestBuildFailureNamesItsLine(t *testing.T) {
	b := newBench(t)
	b.write("Dockerfile", "FROM python:3.9-alpine\nRUN true SECRET\nRUN echo oops >&2; \\\n    exit 7\nRUN echo never\n")
	o, err := b.build(t.Context(), nil)
	var f *Failure
	if !errors.As(err, &f) {
		t.Fatalf("got %v", err)
	}
	b.want(o, `
stage-0 1/4 :1 hit
stage-0 2/4 :2 ran
stage-0 3/4 :3 failed
stage-0 4/4 :5 skipped
`)
	if f.Stage != "stage-0" || f.Index != 3 || f.Line != 3 || f.Message != "exit code: 7" || f.ExitCode != 7 || f.Hint == "" {
		t.Errorf("%+v", f.Failed)
	}
	var blamed []int
	for _, l := range f.Excerpt {
		if l.Blamed {
			blamed = append(blamed, l.Line)
		}
	}
	if fmt.Sprint(blamed) != "[3 4]" {
		t.Errorf("blamed lines %v", blamed)
	}
	if !strings.Contains(o.output, "stderr oops\n") {
		t.Errorf("output %q", o.output)
	}
}

func TestBuildFailureCachedMarksAreNoHits(t *testing.T) {
	b := newBench(t)
	b.write("Dockerfile", "FROM python:3.9-alpine AS a\nRUN echo a SECRET >/a\nFROM python:3.9-alpine AS b\nRUN sleep 0.3; echo b SECRET; test ! -e /never && cat /etc/nothing-of-that-name\nFROM python:3.9-alpine\nCOPY --from=b /b /\nCOPY --from=a /a /\nRUN echo last\n")
	o, err := b.build(t.Context(), nil)
	if err == nil {
		t.Fatal("built")
	}
	for _, body := range o.bodies {
		if s, ok := body.(event.Step); ok && s.State == event.Hit && !strings.HasPrefix(s.Instruction, "FROM") {
			t.Errorf("a failed build shows a hit: %+v", s)
		}
	}
}

func TestMissingFileIsExplained(t *testing.T) {
	b := newBench(t)
	b.write("Dockerfile", "FROM python:3.9-alpine\nCOPY nothere /x\n")
	_, err := b.build(t.Context(), nil)
	var f *Failure
	if !errors.As(err, &f) {
		t.Fatalf("got %v", err)
	}
	if f.Line != 2 || !strings.Contains(f.Message, "nothere") || !strings.Contains(f.Hint, ".dockerignore") {
		t.Errorf("%+v", f.Failed)
	}
}

func TestCancel(t *testing.T) {
	b := newBench(t)
	b.write("Dockerfile", "FROM python:3.9-alpine\nRUN echo SECRET; sleep 600\nRUN echo after\n")
	ctx, cancel := context.WithCancelCause(t.Context())
	reason := errors.New("superseded")
	o, err := b.build(ctx, func(body event.Body) {
		if out, ok := body.(event.Output); ok && strings.Contains(out.Text, b.secret) {
			cancel(reason)
		}
	})
	if !errors.Is(err, reason) {
		t.Fatalf("got %v", err)
	}
	// What was reported of the base by then depends on timing.
	if !strings.HasSuffix(o.steps, "stage-0 2/3 :2 canceled\nstage-0 3/3 :3 skipped\n") {
		t.Errorf("steps:\n%s", o.steps)
	}
}

// TestNoCacheHoldsForOneBuild: a plan that was built without the cache is then built with it.
func TestNoCacheHoldsForOneBuild(t *testing.T) {
	b := newBench(t)
	b.write("Dockerfile", "FROM python:3.9-alpine\nRUN echo SECRET\n")
	p := b.plan()
	fs, err := fsutil.NewFS(b.dir)
	if err != nil {
		t.Fatal(err)
	}
	var ran []int
	for _, noCache := range []bool{false, true, false} {
		res, err := b.builder.Build(t.Context(), Request{Plan: p, Contexts: map[string]fsutil.FS{"context": fs}, NoCache: noCache, Emit: func(event.Body) {}})
		if err != nil {
			t.Fatal(err)
		}
		ran = append(ran, res.Ran)
		t.Cleanup(func() {
			_, _ = b.engine.Client.ImageRemove(context.Background(), res.Image, image.RemoveOptions{Force: true, PruneChildren: true})
		})
	}
	if fmt.Sprint(ran) != "[1 1 0]" {
		t.Errorf("steps that ran: %v", ran)
	}
}

// TestABaseThatMovesIsNamed: a tag leads to another image than when it was looked up.
func TestABaseThatMovesIsNamed(t *testing.T) {
	b := newBench(t)
	name := "stagewatch-moves:" + b.secret
	tag := func(image string) {
		t.Helper()
		if err := b.engine.Client.ImageTag(t.Context(), image, name); err != nil {
			t.Fatal(err)
		}
	}
	tag("python:3.9-alpine")
	t.Cleanup(func() { _, _ = b.engine.Client.ImageRemove(context.Background(), name, image.RemoveOptions{}) })
	b.write("Dockerfile", "FROM "+name+"\nWORKDIR /app\n")
	if _, err := b.build(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	if moved, err := b.builder.Moved(t.Context()); err != nil || len(moved) > 0 {
		t.Errorf("moved are %v, %v", moved, err)
	}
	tag("python:3.9-slim")
	if moved, err := b.builder.Moved(t.Context()); err != nil || len(moved) != 1 || moved[0] != name {
		t.Errorf("moved are %v, %v", moved, err)
	}
	b.builder.Forget()
	if moved, err := b.builder.Moved(t.Context()); err != nil || len(moved) > 0 {
		t.Errorf("of what is forgotten: %v, %v", moved, err)
	}
}
