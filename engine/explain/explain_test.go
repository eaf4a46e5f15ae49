package explain

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stagewatch/stagewatch/engine/config"
	"github.com/stagewatch/stagewatch/engine/event"
	"github.com/stagewatch/stagewatch/engine/past"
	"github.com/stagewatch/stagewatch/engine/plan"
	"github.com/stagewatch/stagewatch/engine/project"
)

// noEngine has nothing answer to who plans, and nothing known of earlier builds.
func noEngine(t *testing.T) {
	t.Helper()
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	t.Setenv("DOCKER_HOST", "unix://"+filepath.Join(t.TempDir(), "no-engine.sock"))
}

// opened reads a context folder, and plans it with no engine.
func opened(t *testing.T, dir string) (*project.Project, *plan.Plan) {
	t.Helper()
	p, err := project.OpenChecked(t.Context(), config.Config{Build: config.Build{Context: dir}, Session: config.Session{Once: true}})
	if err != nil {
		t.Fatal(err)
	}
	pl, err := p.Plan(t.Context(), &offline{}, "")
	if err != nil {
		t.Fatal(err)
	}
	return p, pl
}

// TestAnEditOfTheIgnoreFileIsPlanned: what it lets in or keeps out are changes of the context, and no ignored paths.
func TestAnEditOfTheIgnoreFileIsPlanned(t *testing.T) {
	noEngine(t)
	for name, tt := range map[string]struct {
		before, after string
		args          []string
		// because begins the plan's reason, reruns are the steps that it expects to.
		because string
		reruns  []string
	}{
		"more is left out":    {"*.pyc\n", "*.pyc\ndocs\n", nil, ".dockerignore changed, which lets in or keeps out 3 paths since ", []string{"COPY . ."}},
		"less is left out":    {"*.pyc\ndocs\n", "*.pyc\n", nil, ".dockerignore changed, which lets in or keeps out 3 paths since ", []string{"COPY . ."}},
		"named as a path":     {"", "docs\n", []string{".dockerignore"}, ".dockerignore changed, which lets in or keeps out 3 paths", []string{"COPY . ."}},
		"all but one":         {"", "*\n!main\n", nil, ".dockerignore changed, which lets in or keeps out ", []string{"COPY . ."}},
		"no other meaning":    {"docs\n", "# Documents.\ndocs\n", []string{".dockerignore"}, "", nil},
		"with a file as well": {"", "docs\n", []string{".dockerignore", "main"}, ".dockerignore changed", []string{"COPY main /x", "COPY . ."}},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			write := func(name, text string) {
				path := filepath.Join(dir, name)
				if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			write("Dockerfile", "FROM scratch\nCOPY main /x\nCOPY . .\n")
			write("main", "x")
			write("docs/a.md", "x")
			write("docs/b.md", "x")
			const own = "Dockerfile\n.dockerignore\n"
			write(".dockerignore", tt.before+own)
			p, pl := opened(t, dir)
			if err := past.NewBuild("", pl, p.Snapshots()).Save(past.BuildFile(p.Root(), p.Dockerfile(), "")); err != nil {
				t.Fatal(err)
			}
			write(".dockerignore", tt.after+own)
			if name == "all but one" {
				write(".dockerignore", tt.after)
			}
			args := slices.Clone(tt.args)
			for i, a := range args {
				args[i] = filepath.Join(dir, a)
			}
			bodies, err := Changes(t.Context(), config.Config{Build: config.Build{Context: dir}}, args)
			if err != nil {
				t.Fatal(err)
			}
			planned, ok := bodies[len(bodies)-1].(event.Planned)
			if !ok || !strings.HasPrefix(planned.Because, tt.because) || tt.because == "" && planned.Because != "" {
				t.Errorf("because %q, want %q", planned.Because, tt.because)
			}
			var reruns []string
			for _, s := range planned.Steps {
				if s.Prediction == event.WillRerun {
					reruns = append(reruns, s.Instruction)
				}
			}
			if !slices.Equal(reruns, tt.reruns) {
				t.Errorf("reruns are %q, want %q: %+v", reruns, tt.reruns, bodies)
			}
		})
	}
}

// TestAnIgnoreFileIsAFileWhereAStepReadsIt: else what it says is compared, and not that it was written to.
func TestAnIgnoreFileIsAFileWhereAStepReadsIt(t *testing.T) {
	noEngine(t)
	for copied, want := range map[string]string{"main": "nothing changed since ", ".": "Dockerfile.dockerignore changed since "} {
		dir := t.TempDir()
		write := func(name, text string) {
			if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		write("Dockerfile", "FROM scratch\nCOPY "+copied+" /\n")
		write("Dockerfile.dockerignore", "*.pyc\n")
		write("main", "one")
		p, pl := opened(t, dir)
		if err := past.NewBuild("", pl, p.Snapshots()).Save(past.BuildFile(p.Root(), p.Dockerfile(), "")); err != nil {
			t.Fatal(err)
		}
		write("Dockerfile.dockerignore", "# Compiled.\n*.pyc\n")
		bodies, err := Changes(t.Context(), config.Config{Build: config.Build{Context: dir}}, nil)
		if err != nil {
			t.Fatal(err)
		}
		planned, ok := bodies[len(bodies)-1].(event.Planned)
		if !ok || !strings.HasPrefix(planned.Because, want) {
			t.Errorf("COPY %s: %+v, want %q", copied, bodies, want)
		}
	}
}

// TestAnotherBuildArgumentIsPlanned: what steps go by that is given on the command line is compared with the last build,
// of which only digests of the values are kept.
func TestAnotherBuildArgumentIsPlanned(t *testing.T) {
	noEngine(t)
	dir := t.TempDir()
	dockerfile := filepath.Join(dir, "Dockerfile")
	if err := os.WriteFile(dockerfile, []byte("FROM a\nCOPY Dockerfile /\nARG V=1\nRUN echo $V\nWORKDIR /w\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		built, now []string
		// because begins the plan's reason, reruns are the steps that it expects to.
		because string
		reruns  []string
	}{
		{nil, nil, "nothing changed since ", nil},
		{[]string{"V=2"}, []string{"V=2"}, "nothing changed since ", nil},
		{nil, []string{"V=1"}, "nothing changed since ", nil},
		{nil, []string{"OTHER=1"}, "nothing changed since ", nil},
		{nil, []string{"V=2"}, "build argument changed: V since ", []string{"RUN echo $V", "WORKDIR /w"}},
		{[]string{"V=2"}, []string{"V=3"}, "build argument changed: V since ", []string{"RUN echo $V", "WORKDIR /w"}},
		{[]string{"V=2"}, nil, "build argument changed: V since ", []string{"RUN echo $V", "WORKDIR /w"}},
		{[]string{"SOURCE_DATE_EPOCH=1"}, []string{"SOURCE_DATE_EPOCH=2"}, "build argument changed: SOURCE_DATE_EPOCH since ", []string{"WORKDIR /w"}},
	} {
		t.Run(fmt.Sprint(tt.built, tt.now), func(t *testing.T) {
			p, err := project.OpenChecked(t.Context(), config.Config{Build: config.Build{Context: dir, BuildArgs: tt.built}, Session: config.Session{Once: true}})
			if err != nil {
				t.Fatal(err)
			}
			pl, err := p.Plan(t.Context(), &offline{}, "")
			if err != nil {
				t.Fatal(err)
			}
			if err := past.NewBuild("", pl, p.Snapshots()).Save(past.BuildFile(p.Root(), p.Dockerfile(), "")); err != nil {
				t.Fatal(err)
			}
			bodies, err := Changes(t.Context(), config.Config{Build: config.Build{Context: dir, BuildArgs: tt.now}}, nil)
			if err != nil {
				t.Fatal(err)
			}
			planned := bodies[len(bodies)-1].(event.Planned)
			if !strings.HasPrefix(planned.Because, tt.because) {
				t.Errorf("because %q, want %q", planned.Because, tt.because)
			}
			var reruns []string
			for _, s := range planned.Steps {
				if s.Prediction == event.WillRerun {
					reruns = append(reruns, s.Instruction)
				}
			}
			if !slices.Equal(reruns, tt.reruns) {
				t.Errorf("reruns are %q, want %q", reruns, tt.reruns)
			}
		})
	}
}

// TestAMemoryOfAnotherVersion says nothing that could be relied on.
func TestAMemoryOfAnotherVersion(t *testing.T) {
	noEngine(t)
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "Dockerfile"), []byte("FROM scratch\nCOPY . .\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	p, pl := opened(t, dir)
	m := past.NewBuild("", pl, p.Snapshots())
	now := m.Version
	for version, want := range map[int]string{now: "", now - 1: "nothing was built here yet", now + 1: "nothing was built here yet"} {
		m.Version = version
		if err := m.Save(past.BuildFile(p.Root(), p.Dockerfile(), "")); err != nil {
			t.Fatal(err)
		}
		if _, err := Changes(t.Context(), config.Config{Build: config.Build{Context: dir}}, nil); err == nil && want != "" || err != nil && (want == "" || !strings.Contains(err.Error(), want)) {
			t.Errorf("version %d: %v", version, err)
		}
	}
}

// TestWhatNobodyKnowsIsSaid: where no engine answers, and none told of anything.
func TestWhatNobodyKnowsIsSaid(t *testing.T) {
	noEngine(t)
	const copies = "FROM a AS x\nCOPY a.txt /\nFROM x\nCOPY --link b.txt /\nRUN y\n"
	for _, tt := range []struct{ dockerfile, changed, want, unknown string }{
		// Only an engine without MergeOp has the linked copy stand on what changed.
		{copies, "a.txt", "hit rerun maybe: depends on the engine; rerun", "a"},
		{copies, "b.txt", "hit hit rerun rerun", "a"},
		{strings.ReplaceAll(copies, "--link ", ""), "a.txt", "hit rerun rerun rerun", "a"},
		{"FROM scratch\nCOPY . /\n", "a.txt", "rerun", ""},
		{"# syntax=example.org/mine\nFROM scratch\nCOPY a.txt /\nCOPY b.txt /\n", "b.txt", "maybe: no engine answers that could run the frontend example.org/mine; maybe: no engine answers that could run the frontend example.org/mine;", ""},
	} {
		dir := t.TempDir()
		for name, text := range map[string]string{"Dockerfile": tt.dockerfile, "a.txt": "", "b.txt": ""} {
			if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		bodies, err := Changes(t.Context(), config.Config{Build: config.Build{Context: dir}}, []string{filepath.Join(dir, tt.changed)})
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, s := range bodies[len(bodies)-1].(event.Planned).Steps {
			word := string(s.Prediction)
			if s.Prediction == event.MayRerun {
				because, _, _ := strings.Cut(s.Because, ":")
				word += ": " + because + ";"
			}
			got = append(got, word)
		}
		if strings.Join(got, " ") != tt.want {
			t.Errorf("%q, %s: %q, want %q", tt.dockerfile, tt.changed, strings.Join(got, " "), tt.want)
		}
		w, _ := bodies[0].(event.Warning)
		if warned := strings.HasSuffix(w.Message, ": a:latest"); warned != (tt.unknown != "") {
			t.Errorf("%q: %+v", tt.dockerfile, bodies[0])
		}
	}
}

// TestManyIgnoredPathsAreOneEvent, by the rule that they share.
func TestManyIgnoredPathsAreOneEvent(t *testing.T) {
	noEngine(t)
	dir := t.TempDir()
	for name, text := range map[string]string{"Dockerfile": "FROM scratch\nCOPY . .\n", ".dockerignore": "junk\n*.log\n"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Mkdir(filepath.Join(dir, "junk"), 0o755); err != nil {
		t.Fatal(err)
	}
	const many = 2000
	for i := range many {
		if err := os.WriteFile(filepath.Join(dir, "junk", fmt.Sprint(i)), nil, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	bodies, err := Changes(t.Context(), config.Config{Build: config.Build{Context: dir}}, []string{filepath.Join(dir, "junk"), filepath.Join(dir, "a.log")})
	if err != nil {
		t.Fatal(err)
	}
	var skipped []event.Skipped
	for _, b := range bodies {
		if s, ok := b.(event.Skipped); ok {
			skipped = append(skipped, s)
		}
	}
	if len(skipped) != 2 || len(skipped[0].Paths) != many || skipped[0].Rule != "junk" || skipped[1].Rule != "*.log" {
		got, _ := json.Marshal(skipped)
		t.Errorf("got %.300s", got)
	}
}
