package image

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stagewatch/stagewatch/engine/event"
)

// sample copies a sample of testdata.
func (s *stages) sample(name string) {
	s.t.Helper()
	if err := os.CopyFS(s.dir, os.DirFS(filepath.Join("..", "..", "testdata", name))); err != nil {
		s.t.Fatal(err)
	}
}

// examine builds and examines the last stage.
func (s *stages) examine() (warnings []event.Warning, l Libc) {
	s.t.Helper()
	s.read(func(_, after *Stage, open Open) (err error) {
		l = after.Libc()
		warnings, err = s.reader.Examine(after, open)
		return err
	})
	return warnings, l
}

func TestTheSampleRaisesNoAlarm(t *testing.T) {
	s := newStages(t)
	s.sample("python-app")
	if warnings, l := s.examine(); len(warnings) > 0 || l != Musl {
		t.Errorf("on %q: %+v", l, warnings)
	}
}

func TestACExtensionForGlibcIsNamedOnMusl(t *testing.T) {
	s := newStages(t)
	s.sample("python-app-libc")
	risk := LibcRisk(s.build("").Plan, nil)
	if len(risk) != 1 || risk[0].Code != "libc-risk" || !strings.Contains(risk[0].Message, "line 10") {
		t.Errorf("before the build: %+v", risk)
	}
	warnings, _ := s.examine()
	if len(warnings) != 1 {
		t.Fatalf("after it: %+v", warnings)
	}
	w := warnings[0]
	if w.Code != "libc-mismatch" || !strings.HasPrefix(w.Message, "psutil 5.8.0: ") || !strings.Contains(w.Message, "musl lacks") || w.Hint == "" {
		t.Errorf("got %+v", w)
	}
	const folder = "/usr/local/lib/python3.9/site-packages/psutil/"
	if want := []string{folder + "_psutil_linux.cpython-39-x86_64-linux-gnu.so", folder + "_psutil_posix.cpython-39-x86_64-linux-gnu.so"}; !slices.Equal(w.Paths, want) {
		t.Errorf("paths are %v", w.Paths)
	}
}

// TestExtensionsThatLoadRaiseNoAlarm: compiled for glibc, and musl has all that they ask for.
func TestExtensionsThatLoadRaiseNoAlarm(t *testing.T) {
	s := newStages(t)
	s.write("Dockerfile", `FROM python:3.9-slim AS build
RUN pip install simplejson==3.17.2 markupsafe==1.1.1
FROM python:3.9-alpine
COPY --from=build /usr/local/lib/python3.9/site-packages /usr/local/lib/python3.9/site-packages
RUN python -c 'import simplejson._speedups, markupsafe._speedups'
`)
	if warnings, _ := s.examine(); len(warnings) > 0 {
		t.Errorf("got %+v", warnings)
	}
}

func TestWhatAnImageCannotStartIsNamed(t *testing.T) {
	s := newStages(t)
	s.write("Dockerfile", `FROM python:3.9-slim AS build
RUN python -m venv /opt/venv && cp /bin/ls /opt/venv/bin/gnu-ls
FROM python:3.9-alpine
COPY --from=build /opt/venv /opt/venv
COPY --from=build /usr/local/lib/python3.9/site-packages/wheel /usr/local/lib/python3.12/site-packages/wheel
RUN rm /opt/venv/bin/python && printf '#!/usr/bin/env nothing\n' >/usr/local/bin/lost && chmod +x /usr/local/bin/lost
`)
	warnings, _ := s.examine()
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
