package engine

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/docker/docker/api/types/filters"
	"github.com/docker/docker/api/types/image"

	"github.com/stagewatch/stagewatch/engine/config"
	"github.com/stagewatch/stagewatch/engine/connect"
	"github.com/stagewatch/stagewatch/engine/dock"
	"github.com/stagewatch/stagewatch/engine/dock/docktest"
	"github.com/stagewatch/stagewatch/engine/event"
	"github.com/stagewatch/stagewatch/engine/measure"
	"github.com/stagewatch/stagewatch/engine/plan"
	"github.com/stagewatch/stagewatch/engine/project"
	"github.com/stagewatch/stagewatch/engine/solve"
)

// TestInsightTellsEachThingOnce builds the sample with a C extension twice: what is wrong with it is told of after
// the first build, and not again after an edit that changes nothing about it.
func TestInsightTellsEachThingOnce(t *testing.T) {
	docktest.Engine(t)
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS(filepath.Join("..", "testdata", "python-app-libc"))); err != nil {
		t.Fatal(err)
	}
	cfg := config.Config{Build: config.Build{Context: dir}, Session: config.Session{Once: true}}
	p, err := project.OpenChecked(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	cfg.Tags = []string{"stagewatch-insight-test:" + strings.ToLower(filepath.Base(t.TempDir()))}
	h, err := connect.Reach(t.Context(), cfg.Engine, func(event.Body) {})
	if err != nil {
		t.Fatal(err)
	}
	c, err := h.Open(t.Context(), cfg, nil, func(event.Body) {})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := errors.Join(c.Close(t.Context(), false), h.Close()); err != nil {
			t.Error(err)
		}
	})
	p.Label(dock.Label, c.Session.ID)
	i := measure.NewInsight(c.Reader, c.Binding)

	run := func() (event.Ledger, []event.Warning) {
		t.Helper()
		m := measure.Measured{Sized: event.Sized{Basis: c.Images.Basis()}}
		contexts, _ := p.Contexts(false)
		one := func(stage string, size *event.StageSize) (*plan.Plan, string) {
			pl, err := p.Plan(t.Context(), c, stage)
			if err != nil {
				t.Fatal(err)
			}
			res, err := c.Build(t.Context(), solve.Request{Plan: pl, Contexts: contexts, SharedKey: p.Root(), Emit: func(event.Body) {}})
			if err != nil {
				t.Fatal(err)
			}
			if *size, err = c.Images.Measure(t.Context(), res.Image, pl.BaseLayers); err != nil {
				t.Fatal(err)
			}
			return pl, res.Image
		}
		m.After, m.AfterImage = one("", &m.Sized.After)
		m.Before, m.BeforeImage = one(m.After.Before(), &m.Sized.Before)
		a, err := i.Read(t.Context(), m, contexts, p.Root())
		if err != nil {
			t.Fatal(err)
		}
		return a.Ledger, a.Warnings
	}

	pl, err := p.Plan(t.Context(), c, "")
	if err != nil {
		t.Fatal(err)
	}
	if got := codes(i.Risks(pl)); !slices.Equal(got, []string{"libc-risk"}) {
		t.Errorf("risks are %v", got)
	}
	if got := i.Risks(pl); len(got) != 0 {
		t.Errorf("told again: %v", got)
	}
	ledger, warnings := run()
	if got := codes(warnings); !slices.Equal(got, []string{"libc-mismatch", "freed-nothing"}) {
		t.Errorf("warnings are %v", got)
	}
	if len(ledger.Carried) != 2 || ledger.SavedByBase <= 0 {
		t.Errorf("ledger is %+v", ledger)
	}
	if err := os.WriteFile(filepath.Join(dir, "python_app", "more.py"), []byte("X = 1\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, warnings = run(); len(warnings) != 0 {
		t.Errorf("after an edit: %v", warnings)
	}
}

func codes(warnings []event.Warning) []string {
	var out []string
	for _, w := range warnings {
		out = append(out, w.Code)
	}
	return out
}

// TestDockersFigureIsToldBesideBothSizes where docker shows another one, as it does with the containerd store.
func TestDockersFigureIsToldBesideBothSizes(t *testing.T) {
	l := newLive(t)
	l.start(config.Config{})
	built, _ := await[event.Built](l, nil)
	sized, _ := await[event.Sized](l, nil)
	shown, err := l.engine.Images(t.Context(), image.ListOptions{Filters: filters.NewArgs(filters.Arg("label", dock.Label))})
	if err != nil {
		t.Fatal(err)
	}
	i := slices.IndexFunc(shown, func(img image.Summary) bool { return img.ID == built.Image })
	if i < 0 {
		t.Fatalf("the engine does not list %s", built.Image)
	}
	switch {
	case shown[i].Size == sized.After.Bytes:
		if sized.After.Docker != 0 || sized.Before.Docker != 0 {
			t.Errorf("docker shows the same, and %d and %d are told", sized.Before.Docker, sized.After.Docker)
		}
	case sized.After.Docker != shown[i].Size || sized.Before.Docker < sized.After.Docker:
		t.Errorf("docker shows %d for the final stage; %d and, for the larger stage before, %d are told", shown[i].Size, sized.After.Docker, sized.Before.Docker)
	}
}
