// Package solvetest builds the stages of small Dockerfiles on the real engine, for the tests of rooms that look at
// what was built.
package solvetest

import (
	"errors"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tonistiigi/fsutil"

	"github.com/stagewatch/stagewatch/engine/dock"
	"github.com/stagewatch/stagewatch/engine/dock/docktest"
	"github.com/stagewatch/stagewatch/engine/event"
	"github.com/stagewatch/stagewatch/engine/plan"
	"github.com/stagewatch/stagewatch/engine/solve"
)

// Project is a folder with a Dockerfile, built in a session of its own.
type Project struct {
	T       testing.TB
	Engine  *dock.Engine
	Session *dock.Session
	Dir     string
	// Options are frontend attributes besides the session's label and the target.
	Options map[string]string

	builder *solve.Builder
}

// New returns an empty project. The test's end removes what was built.
func New(t testing.TB) *Project {
	t.Helper()
	return NewOn(t, docktest.Engine(t))
}

// NewOn is New for an engine with a builder of its own, or one elsewhere.
func NewOn(t testing.TB, e *dock.Engine) *Project {
	t.Helper()
	p := &Project{T: t, Engine: e, Session: docktest.Session(t, e), Dir: t.TempDir()}
	b, err := solve.New(t.Context(), e)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = b.Close() })
	p.builder = b
	return p
}

// Write writes a file of the project, and the folders above it.
func (p *Project) Write(name, text string) {
	p.T.Helper()
	file := filepath.Join(p.Dir, name)
	if err := errors.Join(os.MkdirAll(filepath.Dir(file), 0o755), os.WriteFile(file, []byte(text), 0o644)); err != nil {
		p.T.Fatal(err)
	}
}

// Sample copies a folder of the repository's testdata into the project. The test must run two folders below the
// repository's top.
func (p *Project) Sample(name string) {
	p.T.Helper()
	if err := os.CopyFS(p.Dir, os.DirFS(filepath.Join("..", "..", "testdata", name))); err != nil {
		p.T.Fatal(err)
	}
}

// Dirs returns the project as the build context.
func (p *Project) Dirs() map[string]fsutil.FS {
	p.T.Helper()
	dir, err := fsutil.NewFS(p.Dir)
	if err != nil {
		p.T.Fatal(err)
	}
	return map[string]fsutil.FS{"context": dir}
}

// Build builds a stage, the last one for an empty name. It returns the plan and the image's id.
func (p *Project) Build(target string) (pl *plan.Plan, image string) {
	p.T.Helper()
	dockerfile, err := os.ReadFile(filepath.Join(p.Dir, "Dockerfile"))
	if err != nil {
		p.T.Fatal(err)
	}
	attrs := map[string]string{"label:" + dock.Label: p.Session.ID}
	maps.Copy(attrs, p.Options)
	if target != "" {
		attrs["target"] = target
	}
	b := p.builder
	pl, err = plan.New(p.T.Context(), plan.Input{Dockerfile: dockerfile, Filename: "Dockerfile", Attrs: attrs, Caps: b.Caps(), Platform: b.Platform()}, b)
	if err != nil {
		p.T.Fatal(err)
	}
	var output strings.Builder
	res, err := b.Build(p.T.Context(), solve.Request{Plan: pl, Contexts: p.Dirs(), SharedKey: p.Dir, Emit: func(b event.Body) {
		if o, ok := b.(event.Output); ok {
			output.WriteString(o.Text)
		}
	}})
	if err != nil {
		p.T.Fatalf("%v\n%s", err, &output)
	}
	return pl, res.Image
}
