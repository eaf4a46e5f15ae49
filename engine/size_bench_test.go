package engine

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/tonistiigi/fsutil"

	"github.com/stagewatch/stagewatch/engine/config"
	"github.com/stagewatch/stagewatch/engine/dock"
	"github.com/stagewatch/stagewatch/engine/dock/docktest"
	"github.com/stagewatch/stagewatch/engine/event"
	"github.com/stagewatch/stagewatch/engine/project"
	"github.com/stagewatch/stagewatch/engine/solve"
)

// BenchmarkSaveToBuilt measures a change of one small file from its save to the image, in contexts of several
// sizes: half of the files are ignored, the others are read by a step that the change does not affect. In turn
// with it the floor, a bare solve of the same graph from the disk, and `docker build` where that is installed.
func BenchmarkSaveToBuilt(b *testing.B) {
	for _, files := range []int{10, 10_000, 100_000} {
		b.Run(fmt.Sprint(files), func(b *testing.B) { benchSaveToBuilt(b, files, saverDockerfile) })
	}
	b.Run("copies", func(b *testing.B) { benchSaveToBuilt(b, 10, saverCopies) })
}

func benchSaveToBuilt(b *testing.B, files int, dockerfile string) {
	s := newSaver(b, files, dockerfile)
	ways := []struct {
		name string
		save func(text string)
	}{{"ours", s.ours}, {"floor", s.floor}, {"docker", s.docker}}
	if s.client == "" {
		ways = ways[:2]
	}
	for _, w := range ways { // each way's first transfer is its own
		w.save("first " + w.name)
		s.quiet()
	}
	var pairs docktest.Pairs
	n := 0
	for b.Loop() {
		n++
		for _, w := range ways {
			pairs.Time(w.name, func() { w.save(fmt.Sprint(w.name, n)) })
			s.quiet()
		}
	}
	pairs.Report(b)
}

// saver saves a file of a context, and builds that in several ways.
type saver struct {
	b      *testing.B
	dir    string
	unique string
	// project is built as a session builds it, plain as the Dockerfile says.
	project, plain *project.Project
	batches        <-chan project.Batch
	builder        *solve.Builder
	session        *dock.Session
	// client is a docker command that builds with BuildKit, empty where none is installed.
	client string
	// settle is what a session does once a build is measured, nil where nothing is to be done.
	settle func() error
}

const saverDockerfile = `FROM python:3.9-alpine
LABEL stagewatch=%s
RUN --mount=type=bind,source=assets,target=/assets ls /assets > /listed
COPY main.txt /
`

// saverCopies copies 20,000 files of 10 kB out of a stage, which a save does not touch, beside those that it does.
const saverCopies = `FROM python:3.9-alpine AS build
RUN python3 -c "import os; [(os.makedirs('/packages/%%d' %% (n // 100), exist_ok=True), open('/packages/%%d/%%d' %% (n // 100, n), 'w').write(str(n) * 2000)) for n in range(20000)]"
WORKDIR /app
COPY . .
FROM python:3.9-alpine
LABEL stagewatch=%s
COPY --from=build /packages /packages
COPY --from=build /app /app
`

func newSaver(b *testing.B, files int, dockerfile string) *saver {
	b.Helper()
	engine := docktest.Engine(b)
	s := &saver{b: b, dir: b.TempDir(), unique: fmt.Sprint(time.Now().UnixNano()), session: docktest.Session(b, engine), client: docktest.Client(b)}
	s.write("Dockerfile", fmt.Sprintf(dockerfile, s.session.ID))
	s.write(".dockerignore", "node_modules\nDockerfile\n.dockerignore\n")
	s.write("main.txt", "")
	for i := range files / 2 {
		s.write(fmt.Sprintf("assets/%d/%d/%d", i/2500, i/25%100, i), s.unique)
		s.write(fmt.Sprintf("node_modules/%d/%d/%d", i/2500, i/25%100, i), "")
	}
	var err error
	if s.project, err = project.OpenChecked(b.Context(), config.Config{Build: config.Build{Context: s.dir}}); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = s.project.Close() })
	if s.plain, err = project.OpenChecked(b.Context(), config.Config{Build: config.Build{Context: s.dir, PlainGraph: true}}); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = s.plain.Close() })
	s.batches, _ = s.project.Watch(b.Context())
	if s.builder, err = solve.New(b.Context(), engine); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { s.builder.Close() })
	return s
}

func (s *saver) write(name, text string) {
	path := filepath.Join(s.dir, name)
	err := os.MkdirAll(filepath.Dir(path), 0o755)
	if err == nil {
		err = os.WriteFile(path, []byte(text), 0o644)
	}
	if err != nil {
		s.b.Fatal(err)
	}
}

// ours goes the loop's way: noticed, compared, planned, built out of memory.
func (s *saver) ours(text string) {
	ctx := s.b.Context()
	p, err := s.project.Plan(ctx, s.builder, "")
	if err != nil {
		s.b.Fatal(err)
	}
	s.write("main.txt", text+s.unique)
	d, err := s.project.Update(ctx, <-s.batches)
	if err != nil {
		s.b.Fatal(err)
	}
	relevant := p.Relevant(d.Changed, s.project.Links())
	if len(relevant) == 0 {
		s.b.Fatal("the save matters to nothing")
	}
	contexts, key := s.project.Contexts(false)
	res := s.build(solve.Request{Plan: p, Contexts: contexts, SharedKey: key, Predictions: p.Predict(p, relevant, s.project.Links())})
	s.settle = func() error { return s.builder.Settle(ctx, res.Plan, contexts) }
}

// quiet does what goes on behind a save, and takes the notices of what another way saved.
func (s *saver) quiet() {
	if s.settle != nil {
		if err := s.settle(); err != nil {
			s.b.Fatal(err)
		}
		s.settle = nil
	}
	for {
		select {
		case w := <-s.batches:
			if _, err := s.project.Update(s.b.Context(), w); err != nil {
				s.b.Fatal(err)
			}
		case <-time.After(500 * time.Millisecond):
			return
		}
	}
}

func (s *saver) floor(text string) {
	p, err := s.plain.Plan(s.b.Context(), s.builder, "")
	if err != nil {
		s.b.Fatal(err)
	}
	s.write("main.txt", text+s.unique)
	disk, err := fsutil.NewFS(s.dir)
	if err != nil {
		s.b.Fatal(err)
	}
	s.build(solve.Request{Plan: p, Contexts: map[string]fsutil.FS{"context": disk}, SharedKey: s.dir + "#floor"})
}

func (s *saver) build(req solve.Request) *solve.Result {
	req.Emit = func(event.Body) {}
	res, err := s.builder.Build(s.b.Context(), req)
	if err != nil {
		s.b.Fatal(err)
	}
	return res
}

func (s *saver) docker(text string) {
	s.write("main.txt", text+s.unique)
	cmd := exec.CommandContext(s.b.Context(), s.client, "build", "-q", s.dir)
	cmd.Env = append(os.Environ(), "DOCKER_BUILDKIT=1")
	if out, err := cmd.CombinedOutput(); err != nil {
		s.b.Fatalf("docker build: %v\n%s", err, out)
	}
}
