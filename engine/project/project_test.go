package project

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/stagewatch/stagewatch/engine/config"
	"github.com/stagewatch/stagewatch/engine/event"
	"github.com/stagewatch/stagewatch/engine/fault"
	"github.com/stagewatch/stagewatch/engine/plan"
	"github.com/stagewatch/stagewatch/engine/solve"
	"github.com/stagewatch/stagewatch/watch"
)

// site is a project in a folder of its own.
type site struct {
	*Project
	t   *testing.T
	dir string
}

// open makes a folder of the files, name and text in turns, and opens it. A named context "lib" is beside it.
func open(t *testing.T, files ...string) *site {
	t.Helper()
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	s := &site{t: t, dir: filepath.Join(t.TempDir(), "main")}
	s.write("../lib/l.txt", "1")
	for i := 0; i < len(files); i += 2 {
		s.write(files[i], files[i+1])
	}
	var err error
	if s.Project, err = Open(t.Context(), config.Build{Context: s.dir, BuildContexts: map[string]string{"lib": filepath.Join(s.dir, "../lib")}}, Options{}); err != nil {
		t.Fatal(err)
	}
	return s
}

func (s *site) write(name, text string) {
	s.t.Helper()
	path := filepath.Join(s.dir, name)
	if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, []byte(text), 0o644)); err != nil {
		s.t.Fatal(err)
	}
}

func (s *site) update(context string, paths ...string) Delta {
	s.t.Helper()
	d, err := s.Update(s.t.Context(), Batch{context, watch.Batch{Paths: paths}})
	if err != nil {
		s.t.Fatal(err)
	}
	return d
}

// bare plans without an engine.
type bare struct{ plan.Offline }

func (bare) Fill(*plan.Input) {}

func (s *site) plan() *plan.Plan {
	s.t.Helper()
	p, err := s.Plan(s.t.Context(), bare{}, "")
	if err != nil {
		s.t.Fatal(err)
	}
	return p
}

func TestUpdateTellsChangesFromWrites(t *testing.T) {
	s := open(t, "Dockerfile", "FROM scratch\nCOPY . /\n", ".dockerignore", "*.log\n", "a", "1", "b", "1", "old", "same text")
	// As after a build, which reads what it sends.
	for _, name := range []string{"a", "b", "old"} {
		if _, err := s.Snapshots()[""].Digest(name); err != nil {
			t.Fatal(err)
		}
	}
	s.write("a", "2")
	s.write("b", "1")
	s.write("x.log", "1")
	if err := os.Rename(filepath.Join(s.dir, "old"), filepath.Join(s.dir, "new")); err != nil {
		t.Fatal(err)
	}
	d := s.update("", "a", "b", "x.log", "old", "new")
	got := map[string]string{}
	for _, c := range d.Changed {
		got[Shown(c)] = c.Kind
	}
	if diff := cmp.Diff(map[string]string{"a": event.ContentChanged, "old": event.Deleted, "new": event.Added}, got); diff != "" {
		t.Error(diff)
	}
	if !slices.Equal(d.Unchanged, []string{"b"}) || len(d.Ignored) != 1 || d.Ignored[0].Path != "x.log" || d.Renamed["old"] != "new" {
		t.Errorf("got %+v", d)
	}
	if d.Dockerfile || d.Rules || d.Broke {
		t.Errorf("nobody wrote to the Dockerfile or an ignore file: %+v", d)
	}
	events := Events(d.Changed, d.Renamed)
	if !slices.Contains(events, event.Change{Path: "new", Kind: event.Renamed, From: "old"}) || len(events) != 2 {
		t.Errorf("got the events %+v", events)
	}

	s.write("../lib/l.txt", "2")
	if d := s.update("lib", "l.txt"); !slices.Equal(Paths(d.Changed), []string{"lib:l.txt"}) {
		t.Errorf("of a named context: %+v", d)
	}
}

func TestUpdateOfControlFiles(t *testing.T) {
	s := open(t, "Dockerfile", "FROM scratch\nCOPY . /\n", ".dockerignore", "*.log\n", "x.log", "1")
	s.write("Dockerfile", "FROM scratch\nCOPY x.log /\n")
	if d := s.update("", "Dockerfile"); !d.Dockerfile || string(s.Source()) != "FROM scratch\nCOPY x.log /\n" {
		t.Errorf("got %+v, %q", d, s.Source())
	}
	s.write(".dockerignore", "[\n")
	if d := s.update("", ".dockerignore"); !d.Broke || d.Rules {
		t.Errorf("a broken pattern: %+v", d)
	}
	_, err := s.Plan(t.Context(), bare{}, "")
	var broken *plan.Error
	if !errors.As(err, &broken) || broken.Filename != ".dockerignore" || broken.Hint != mendRules {
		t.Errorf("it is planned by a broken pattern: %v", err)
	}
	if s.Unreadable(err) == nil || s.Unreadable(err)() {
		t.Error("a broken pattern counts as readable")
	}
	s.write(".dockerignore", "*.txt\n")
	d := s.update("", ".dockerignore")
	if !d.Broke || !d.Rules || !slices.Contains(Paths(d.Changed), "x.log") {
		t.Errorf("other rules: %+v", d)
	}
	if by := s.ByRules([]string{"*.log"}, d.Changed); !slices.Equal(Paths(by), []string{"x.log"}) {
		t.Errorf("by the rules alone came %v", Paths(by))
	}
	if of := s.OfControlFiles([]plan.Change{{Change: event.Change{Path: "Dockerfile"}}, {Change: event.Change{Path: ".dockerignore"}}, {Change: event.Change{Path: "x.log"}}}); len(of) != 2 {
		t.Errorf("control files are %v", Paths(of))
	}
	if got := s.ControlFiles()[0].Paths; !slices.Equal(got, []string{"Dockerfile.dockerignore", ".dockerignore", "Dockerfile"}) {
		t.Errorf("control files are %v", got)
	}
}

// TestWhatAStepNamesIsInTheContext, even if a built-in rule leaves it out.
func TestWhatAStepNamesIsInTheContext(t *testing.T) {
	s := open(t, "Dockerfile", "FROM scratch\nCOPY b~ /\n", "a~", "1", "b~", "1")
	if _, out := s.Rejects("b~"); !out {
		t.Fatal("no built-in rule leaves b~ out")
	}
	d, err := s.Admit(t.Context(), s.plan())
	// What was written just before may count as written anew.
	if err != nil || !slices.Contains(Paths(d.Changed), "b~") {
		t.Errorf("got %+v, %v", d, err)
	}
	if _, out := s.Rejects("a~"); !out {
		t.Error("a~, which no step names, came in as well")
	}
}

func TestExplainMissing(t *testing.T) {
	for name, c := range map[string]struct{ dockerfile, said, message, hint string }{
		"misspelt":           {"FROM scratch\nCOPY src/man.py /\n", "/src/man.py", "src/man.py is not in the context", "Did you mean src/main.py?"},
		"in another folder":  {"FROM scratch\nCOPY util.py /\n", "/util.py", "util.py is not in the context", "Did you mean src/deep/util.py?"},
		"ignored":            {"FROM scratch\nCOPY x.log /\n", "/x.log", "x.log is not in the context: line 1 of .dockerignore, *.log, keeps it out", "Let it in with a line !x.log at the end of .dockerignore."},
		"nowhere":            {"FROM scratch\nCOPY nothing-like-it /\n", "/nothing-like-it", "nothing-like-it is not in the context", "Look at the spelling; paths begin at "},
		"of a named context": {"FROM scratch\nCOPY --from=lib m.txt /\n", "/m.txt", "m.txt is not in the context lib", "Did you mean l.txt?"},
		"behind a link":      {"FROM scratch\nCOPY --exclude=x src /\n", "/src/gone", "src/link is a link to src/gone, which is not in the context", "Below what is copied"},
	} {
		t.Run(name, func(t *testing.T) {
			s := open(t, "Dockerfile", c.dockerfile, ".dockerignore", "*.log\n", "x.log", "1", "src/main.py", "1", "src/deep/util.py", "1")
			if err := os.Symlink("gone", filepath.Join(s.dir, "src/link")); err != nil {
				t.Fatal(err)
			}
			s.update("", "src/link")
			p := s.plan()
			step := p.Steps[len(p.Steps)-1]
			e := event.Failed{Stage: step.Stage, Index: step.Index, Instruction: step.Instruction, Message: `"` + c.said + `": not found`}
			s.ExplainMissing(&e, p, &solve.Failure{Failed: e})
			if e.Message != c.message || !strings.HasPrefix(e.Hint, c.hint) {
				t.Errorf("got %q, hint %q", e.Message, e.Hint)
			}
		})
	}
}

// TestWhatCanNotBeOpened says what to do.
func TestWhatCanNotBeOpened(t *testing.T) {
	good := open(t, "Dockerfile", "FROM scratch AS a\n")
	for name, c := range map[string]struct {
		build config.Build
		want  string
	}{
		"no such folder":       {config.Build{Context: good.dir + "/nosuch"}, "no such file"},
		"a file":               {config.Build{Context: good.dir + "/Dockerfile"}, "it is a file, not a folder"},
		"from stdin":           {config.Build{Context: good.dir, File: "-"}, "it can't be read from stdin"},
		"fetched":              {config.Build{Context: "https://example.org/x.git"}, "only a folder of this machine"},
		"no such context":      {config.Build{Context: good.dir, BuildContexts: map[string]string{"x": good.dir + "/nosuch"}}, "opening the build context x="},
		"no Dockerfile":        {config.Build{Context: good.dir, File: good.dir + "/nosuch"}, "no file "},
		"no such stage":        {config.Build{Context: good.dir, Target: "b"}, `reading --target "b"`},
		"no such stage before": {config.Build{Context: good.dir, Before: "b"}, `reading --before "b"`},
		"a bad rule":           {config.Build{Context: good.dir, Ignore: []string{"["}}, "reading --ignore"},
	} {
		p, err := Open(t.Context(), c.build, Options{})
		if err == nil {
			err = p.Check()
		}
		if err == nil || !strings.Contains(err.Error(), c.want) || fault.Hint(err) == "" {
			t.Errorf("%s: got %v, hint %q", name, err, fault.Hint(err))
		}
	}
	if err := good.Check(); err != nil {
		t.Error(err)
	}
}
