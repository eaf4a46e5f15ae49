package compat

import (
	"slices"
	"strings"
	"testing"

	"github.com/stagewatch/stagewatch/engine/event"
	"github.com/stagewatch/stagewatch/engine/image"
	"github.com/stagewatch/stagewatch/engine/solve/solvetest"
)

// check builds and checks the last stage. It returns the C library of its base, too.
func check(p *solvetest.Project) (warnings []event.Warning, l Libc) {
	p.T.Helper()
	// However long each takes, and a build may compile.
	ctx := p.T.Context()
	pl, id := p.Build("")
	info, err := p.Engine.Info(ctx)
	if err != nil {
		p.T.Fatal(err)
	}
	r, err := image.NewReader(ctx, p.Engine)
	if err != nil {
		p.T.Fatal(err)
	}
	defer r.Close()
	size, err := image.New(p.Engine, p.Session.ID, info.Store).Measure(ctx, id, pl.BaseLayers)
	if err != nil {
		p.T.Fatal(err)
	}
	sources := []image.Source{{Plan: pl, Image: id, Size: size}}
	err = r.Read(ctx, image.Contexts{Dirs: p.Dirs(), SharedKey: p.Dir}, sources, func(stages []*image.Stage, open image.Open) (err error) {
		l = LibcOf(stages[0].Base())
		warnings, err = NewChecker().Check(stages[0], open)
		return err
	})
	if err != nil {
		p.T.Fatal(err)
	}
	return warnings, l
}

func TestTheSampleRaisesNoAlarm(t *testing.T) {
	p := solvetest.New(t)
	p.Sample("python-app")
	if warnings, l := check(p); len(warnings) > 0 || l != Musl {
		t.Errorf("on %q: %+v", l, warnings)
	}
}

func TestACExtensionForGlibcIsNamedOnMusl(t *testing.T) {
	p := solvetest.New(t)
	p.Sample("python-app-libc")
	pl, _ := p.Build("")
	risk := Risks(pl, nil)
	if len(risk) != 1 || risk[0].Line != 10 {
		t.Errorf("before the build: %+v", risk)
	}
	warnings, _ := check(p)
	if len(warnings) != 1 {
		t.Fatalf("after it: %+v", warnings)
	}
	w := warnings[0]
	if w.Code != event.CodeLibcMismatch || !strings.HasPrefix(w.Message, "psutil 5.8.0: ") || !strings.Contains(w.Message, "musl lacks") || w.Hint == "" {
		t.Errorf("got %+v", w)
	}
	const folder = "/usr/local/lib/python3.9/site-packages/psutil/"
	if want := []string{folder + "_psutil_linux.cpython-39-x86_64-linux-gnu.so", folder + "_psutil_posix.cpython-39-x86_64-linux-gnu.so"}; !slices.Equal(w.Paths, want) {
		t.Errorf("paths are %v", w.Paths)
	}
}

// TestExtensionsThatLoadRaiseNoAlarm: compiled for glibc, and musl has all that they ask for.
func TestExtensionsThatLoadRaiseNoAlarm(t *testing.T) {
	p := solvetest.New(t)
	p.Write("Dockerfile", `FROM python:3.9-slim AS build
RUN pip install simplejson==3.17.2 markupsafe==1.1.1
FROM python:3.9-alpine
COPY --from=build /usr/local/lib/python3.9/site-packages /usr/local/lib/python3.9/site-packages
RUN python -c 'import simplejson._speedups, markupsafe._speedups'
`)
	if warnings, _ := check(p); len(warnings) > 0 {
		t.Errorf("got %+v", warnings)
	}
}

func TestWhatAnImageCannotStartIsNamed(t *testing.T) {
	p := solvetest.New(t)
	p.Write("Dockerfile", `FROM python:3.9-slim AS build
RUN python -m venv /opt/venv && cp /bin/ls /opt/venv/bin/gnu-ls
FROM python:3.9-alpine
COPY --from=build /opt/venv /opt/venv
COPY --from=build /usr/local/lib/python3.9/site-packages/wheel /usr/local/lib/python3.12/site-packages/wheel
RUN rm /opt/venv/bin/python && printf '#!/usr/bin/env nothing\n' >/usr/local/bin/lost && chmod +x /usr/local/bin/lost
`)
	warnings, _ := check(p)
	got := map[string][]string{}
	for _, w := range warnings {
		got[w.Code] = append(got[w.Code], w.Paths...)
	}
	if !slices.Equal(got["libc-mismatch"], []string{"/opt/venv/bin/gnu-ls"}) {
		t.Errorf("libc-mismatch: %v", got["libc-mismatch"])
	}
	for _, p := range []string{"/opt/venv/bin/pip", "/usr/local/bin/lost"} {
		if !slices.Contains(got["shebang-missing"], p) {
			t.Errorf("shebang-missing lacks %s: %v", p, got["shebang-missing"])
		}
	}
	if !slices.Equal(got["python-mismatch"], []string{"/usr/local/lib/python3.12"}) {
		t.Errorf("python-mismatch: %v", got["python-mismatch"])
	}
}
