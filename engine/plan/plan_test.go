package plan

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/stagewatch/stagewatch/engine/event"
)

func mustPlan(t *testing.T, dockerfile string, attrs map[string]string) *Plan {
	t.Helper()
	p, err := New(context.Background(), Input{Dockerfile: []byte(dockerfile), Filename: "Dockerfile", Attrs: attrs}, Offline{})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// show renders a prediction as a person would write it down: "build 4 rerun: a.py changed".
func show(p *Plan, predictions []Prediction) string {
	var b strings.Builder
	for i, pr := range predictions {
		s := p.Steps[i]
		fmt.Fprintf(&b, "%s %d/%d :%d %s", s.Stage, s.Index, s.Total, s.Line, pr.Prediction)
		if pr.Because != "" {
			fmt.Fprintf(&b, ": %s", pr.Because)
		}
		b.WriteByte('\n')
	}
	return b.String()
}

const sample = `FROM python:3.9-slim AS build
WORKDIR /app
COPY requirements.txt .
RUN pip install -r requirements.txt
COPY . .
RUN pip install .

FROM python:3.9-alpine
WORKDIR /app
COPY --from=build /usr/local/lib/python3.9/site-packages /usr/local/lib/python3.9/site-packages
COPY --from=build /app /app
RUN pip cache purge
CMD ["python", "-m", "app"]
`

func changed(kind string, paths ...string) []Change {
	var cs []Change
	for _, p := range paths {
		dir := strings.HasSuffix(p, "/")
		cs = append(cs, Change{Change: event.Change{Path: strings.TrimSuffix(p, "/"), Kind: kind}, Dir: dir})
	}
	return cs
}

type links map[string]string

func (l links) Symlinks() map[string]string { return l }

// TestPredict is the table of what a change makes rerun. after is the Dockerfile of the new plan where it
// is not the same as before.
func TestPredict(t *testing.T) {
	for _, tt := range []struct {
		name, before, after string
		attrs               map[string]string
		changes             []Change
		links               links
		want                string
	}{
		{name: "a source edit does not reinstall the requirements", before: sample, changes: changed(event.ContentChanged, "app/main.py"), want: `
build 1/6 :1 hit
build 2/6 :2 hit
build 3/6 :3 hit
build 4/6 :4 hit
build 5/6 :5 rerun: app/main.py changed
build 6/6 :6 rerun: after build 5/6
stage-1 1/5 :8 hit
stage-1 2/5 :9 hit
stage-1 3/5 :10 maybe: reads from build 6/6
stage-1 4/5 :11 maybe: reads from build 6/6
stage-1 5/5 :12 maybe: after stage-1 4/5
`},
		{name: "an edit of the requirements reruns what follows", before: sample, changes: changed(event.ContentChanged, "requirements.txt"), want: `
build 1/6 :1 hit
build 2/6 :2 hit
build 3/6 :3 rerun: requirements.txt changed
build 4/6 :4 rerun: after build 3/6
build 5/6 :5 rerun: requirements.txt changed
build 6/6 :6 rerun: after build 5/6
stage-1 1/5 :8 hit
stage-1 2/5 :9 hit
stage-1 3/5 :10 maybe: reads from build 6/6
stage-1 4/5 :11 maybe: reads from build 6/6
stage-1 5/5 :12 maybe: after stage-1 4/5
`},
		{name: "no change, all hits", before: "FROM a AS x\nCOPY a /a\nFROM b\nCOPY --from=x /a /a\n", want: `
x 1/2 :1 hit
x 2/2 :2 hit
stage-1 1/2 :3 hit
stage-1 2/2 :4 hit
`},
		{name: "a changed instruction reruns itself and what follows", before: sample,
			after: strings.Replace(sample, "cache purge", "cache info", 1), want: `
build 1/6 :1 hit
build 2/6 :2 hit
build 3/6 :3 hit
build 4/6 :4 hit
build 5/6 :5 hit
build 6/6 :6 hit
stage-1 1/5 :8 hit
stage-1 2/5 :9 hit
stage-1 3/5 :10 hit
stage-1 4/5 :11 hit
stage-1 5/5 :12 rerun: Dockerfile changed: was RUN pip cache purge
`},
		{name: "another base", before: "FROM a\nRUN x\n", after: "FROM b\nRUN x\n", want: `
stage-0 1/2 :1 rerun: base was docker.io/library/a:latest
stage-0 2/2 :2 rerun: after stage-0 1/2
`},
		{name: "a comment changes nothing", before: "FROM a\nRUN x\n", after: "FROM a\n# why\nRUN x\n", want: `
stage-0 1/2 :1 hit
stage-0 2/2 :3 hit
`},
		{name: "a new COPY leaves the others alone", before: "FROM a\nCOPY x /\n", after: "FROM a\nCOPY x /\nCOPY y /\n", want: `
stage-0 1/3 :1 hit
stage-0 2/3 :2 hit
stage-0 3/3 :3 rerun: new in the Dockerfile
`},
		{name: "by index, unneeded stages left out", before: "FROM a\nCOPY x /x\nFROM b AS unused\nCOPY y /y\nFROM c\nCOPY --from=0 /x /x\n", changes: changed(event.ContentChanged, "x", "y"), want: `
stage-0 1/2 :1 hit
stage-0 2/2 :2 rerun: x changed
stage-2 1/2 :5 hit
stage-2 2/2 :6 maybe: reads from stage-0 2/2
`},
		{name: "an edit that no step reads", before: "FROM a\nCOPY src /src\n", changes: changed(event.ContentChanged, "README.md", "srcs/x"), want: `
stage-0 1/2 :1 hit
stage-0 2/2 :2 hit
`},
		{name: "globs", before: "FROM a\nCOPY *.txt d/*/x.py /t/\nCOPY [ab].c /c/\n", changes: changed(event.Added, "d/e/x.py", "d/x.py", "f/a.txt"), want: `
stage-0 1/3 :1 hit
stage-0 2/3 :2 rerun: d/e/x.py was added
stage-0 3/3 :3 rerun: after stage-0 2/3
`},
		{name: "a deleted folder takes its files along", before: "FROM a\nCOPY a/b/c /c\n", changes: changed(event.Deleted, "a/"), want: `
stage-0 1/2 :1 hit
stage-0 2/2 :2 rerun: a was deleted
`},
		{name: "the mode of a folder above counts for nothing", before: "FROM a\nCOPY a/b /b\n", changes: changed(event.ModeChanged, "a/"), want: `
stage-0 1/2 :1 hit
stage-0 2/2 :2 hit
`},
		{name: "exclude and parents", before: "# syntax=docker/dockerfile:1\nFROM a\nCOPY --exclude=*.md --exclude=docs . /x\nCOPY --parents src/**/*.py /y/\n", changes: changed(event.ContentChanged, "a.md", "docs/x"), want: `
stage-0 1/3 :2 hit
stage-0 2/3 :3 hit
stage-0 3/3 :4 hit
`},
		{name: "bind mount", before: "FROM a\nRUN --mount=type=bind,source=src,target=/src make\nRUN after\n", changes: changed(event.ContentChanged, "src/x.c"), want: `
stage-0 1/3 :1 hit
stage-0 2/3 :2 rerun: src/x.c changed
stage-0 3/3 :3 rerun: after stage-0 2/3
`},
		{name: "bind mount from a stage", before: "FROM a AS x\nCOPY s /s\nFROM b\nRUN --mount=from=x,target=/x cp /x/s /s\n", changes: changed(event.ContentChanged, "s"), want: `
x 1/2 :1 hit
x 2/2 :2 rerun: s changed
stage-1 1/2 :3 hit
stage-1 2/2 :4 maybe: reads from x 2/2
`},
		{name: "an ARG in FROM and in a source", before: "ARG BASE=a\nFROM $BASE AS x\nARG DIR=one\nCOPY $DIR /d\nFROM x\nRUN y\n", attrs: map[string]string{"build-arg:DIR": "two"}, changes: changed(event.ContentChanged, "two/x"), want: `
x 1/2 :2 hit
x 2/2 :4 rerun: two/x changed
stage-1 1/1 :6 rerun: after x 2/2
`},
		{name: "heredocs", before: "FROM a\nCOPY <<E /e\nhello\nE\nRUN <<E\necho\nE\n", after: "FROM a\nCOPY <<E /e\nbye\nE\nRUN <<E\necho\nE\n", want: `
stage-0 1/3 :1 hit
stage-0 2/3 :2 rerun: changed in the Dockerfile
stage-0 3/3 :5 rerun: after stage-0 2/3
`},
		{name: "a link in the source's path", before: "FROM a\nCOPY cur/x /x\n", links: links{"cur": "rel/1"}, changes: changed(event.ContentChanged, "rel/1/x"), want: `
stage-0 1/2 :1 hit
stage-0 2/2 :2 rerun: rel/1/x changed
`},
		{name: "a link that is copied as one", before: "FROM a\nCOPY d /d\n", links: links{"d/l": "../other"}, changes: changed(event.ContentChanged, "other"), want: `
stage-0 1/2 :1 hit
stage-0 2/2 :2 hit
`},
		{name: "a link among the links of a glob", before: "FROM a\nCOPY bin/* /bin/\n", links: links{"bin/run": "../tool/run", "tool": "opt"}, changes: changed(event.ContentChanged, "opt/run"), want: `
stage-0 1/2 :1 hit
stage-0 2/2 :2 rerun: opt/run changed
`},
		{name: "two dots after a link mean the folder above its target", before: "FROM a\nCOPY l/x /x\n", links: links{"l": "b/../c", "b": "deep/er"}, changes: changed(event.ContentChanged, "deep/c/x", "c/x"), want: `
stage-0 1/2 :1 hit
stage-0 2/2 :2 rerun: deep/c/x changed
`},
		{name: "links in a ring end somewhere", before: "FROM a\nCOPY l /x\n", links: links{"l": "m/x", "m": "l/y"}, changes: changed(event.ContentChanged, "z"), want: `
stage-0 1/2 :1 hit
stage-0 2/2 :2 hit
`},
		{name: "a link that points elsewhere now", before: "FROM a\nCOPY cur/x /x\n", links: links{"cur": "two"}, changes: changed(event.ContentChanged, "cur"), want: `
stage-0 1/2 :1 hit
stage-0 2/2 :2 rerun: cur changed
`},
		{name: "stages that are to run without the cache", before: "FROM a AS x\nRUN one\nFROM b\nCOPY --from=x /1 /\nRUN two\n", attrs: map[string]string{"no-cache": "x"}, want: `
x 1/2 :1 hit
x 2/2 :2 rerun: asked to run without the cache
stage-1 1/3 :3 hit
stage-1 2/3 :4 maybe: reads from x 2/2
stage-1 3/3 :5 maybe: after stage-1 2/3
`},
		{name: "an instruction that is put in between stands for none that was there", before: "FROM a\nRUN one\nRUN two\n", after: "FROM a\nRUN one\nRUN new\nRUN two\n", want: `
stage-0 1/4 :1 hit
stage-0 2/4 :2 hit
stage-0 3/4 :3 rerun: new in the Dockerfile
stage-0 4/4 :4 rerun: after stage-0 3/4
`},
		{name: "an instruction that is taken out", before: "FROM a\nRUN one\nRUN two\nRUN three\n", after: "FROM a\nRUN one\nRUN three\n", want: `
stage-0 1/3 :1 hit
stage-0 2/3 :2 hit
stage-0 3/3 :3 rerun: new in the Dockerfile
`},
		{name: "another order", before: "FROM a\nCOPY x /\nCOPY y /\n", after: "FROM a\nCOPY y /\nCOPY x /\n", want: `
stage-0 1/3 :1 hit
stage-0 2/3 :2 rerun: new in the Dockerfile
stage-0 3/3 :3 rerun: after stage-0 2/3
`},
		{name: "a bind mount for writing is keyed by content too", before: "FROM a\nRUN --mount=type=bind,source=src,target=/src,rw make\n", changes: changed(event.ContentChanged, "doc/x"), want: `
stage-0 1/2 :1 hit
stage-0 2/2 :2 hit
`},
		{name: "the folder that is copied counts with its own mode, and its files with theirs", before: "FROM a\nCOPY d /d\nFROM b\nCOPY d/f /f\nCOPY --from=0 /d /d\n", changes: changed(event.ModeChanged, "d/"), want: `
stage-0 1/2 :1 hit
stage-0 2/2 :2 rerun: d changed its mode
stage-1 1/3 :3 hit
stage-1 2/3 :4 hit
stage-1 3/3 :5 maybe: reads from stage-0 2/2
`},
		{name: "a file that is a folder now, and one that was a folder", before: "FROM a\nCOPY a/b/c /c\nCOPY x /x\n", changes: append(changed(event.ContentChanged, "a/b", "x/"), changed(event.Added, "x/y")...), want: `
stage-0 1/3 :1 hit
stage-0 2/3 :2 rerun: a/b changed
stage-0 3/3 :3 rerun: x and 1 more changed
`},
		{name: "an archive to unpack", before: "FROM a\nADD data.tar /d/\nADD *.tgz /e/\n", changes: changed(event.ContentChanged, "data.tar"), want: `
stage-0 1/3 :1 hit
stage-0 2/3 :2 rerun: data.tar changed
stage-0 3/3 :3 rerun: after stage-0 2/3
`},
		{name: "a stage goes by its name in any case, and by its number", before: "FROM a AS Build\nCOPY x /x\nFROM b\nCOPY --from=BUILD /x /x\nCOPY --from=0 /y /y\n", changes: changed(event.ContentChanged, "x"), want: `
build 1/2 :1 hit
build 2/2 :2 rerun: x changed
stage-1 1/3 :3 hit
stage-1 2/3 :4 maybe: reads from build 2/2
stage-1 3/3 :5 maybe: reads from build 2/2
`},
		{name: "a named context whose links nobody knows", before: "FROM a\nCOPY --from=assets img /img\n", attrs: map[string]string{"context:assets": "local:assets"}, changes: []Change{{Change: event.Change{Path: "css/x", Kind: event.ContentChanged}, Context: "assets"}}, links: links{}, want: `
stage-0 1/2 :1 hit
stage-0 2/2 :2 rerun: assets:css/x changed
`},
		{name: "COPY --link", before: "FROM a\nCOPY x /x\nCOPY --link y /y\n", changes: changed(event.ContentChanged, "x"), want: `
stage-0 1/3 :1 hit
stage-0 2/3 :2 rerun: x changed
stage-0 3/3 :3 rerun: after stage-0 2/3
`},
		{name: "identical steps are merged", before: "FROM a AS x\nRUN same\nFROM a AS y\nRUN same\nFROM scratch\nCOPY --from=x /1 /\nCOPY --from=y /2 /\n", want: `
x 1/2 :1 hit
x 2/2 :2 hit
y 1/2 :3 hit
y 2/2 :4 hit
stage-2 1/2 :6 hit
stage-2 2/2 :7 hit
`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			before := mustPlan(t, tt.before, tt.attrs)
			p := before
			if tt.after != "" {
				p = mustPlan(t, tt.after, tt.attrs)
			}
			if diff := cmp.Diff(strings.TrimPrefix(tt.want, "\n"), show(p, p.Predict(before, tt.changes, tt.links))); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestStages(t *testing.T) {
	p := mustPlan(t, "FROM a AS base\nFROM base AS build\nRUN make\nFROM b AS lint\nRUN lint\nFROM build AS test\nRUN t\nFROM scratch\nCOPY --from=build /x /\nCOPY --from=3 /y /\nCOPY --from=build /z /\n", nil)
	var got []string
	for _, s := range p.Stages {
		got = append(got, fmt.Sprintf("%s base=%s :%d needed=%v from=%s", s.Name, s.Base, s.Line, s.Needed, s.From))
	}
	want := []string{
		"base base=a :1 needed=true from=[]",
		"build base=base :2 needed=true from=[base]",
		"lint base=b :4 needed=false from=[]",
		"test base=build :6 needed=true from=[build]",
		"stage-4 base=scratch :8 needed=true from=[build test]",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if p.Before() != "build" || p.Target != "stage-4" || p.Base("test") != "a" {
		t.Errorf("before %q, target %q, base of test %q", p.Before(), p.Target, p.Base("test"))
	}
	p = mustPlan(t, "FROM a AS one\nRUN x\nFROM b AS two\nRUN y\n", map[string]string{"target": "one"})
	if p.Target != "one" || p.Stages[1].Needed || len(p.Steps) != 2 {
		t.Errorf("target %q, %+v", p.Target, p.Stages)
	}
}

func TestErrorsNameTheLine(t *testing.T) {
	for dockerfile, want := range map[string]struct {
		line int
		text string
	}{
		"FROM a\nRUNN x\n":                  {2, "unknown instruction: RUNN"},
		"FROM a\nCOPY x\n":                  {2, "COPY requires at least two arguments"},
		"FROM a\n\nCOPY --from=9 /x /\n":    {0, "invalid stage index 9"},
		"":                                  {0, "cannot be empty"},
		"ARG X\nFROM $X\n":                  {2, "base name ($X) should not be blank"},
		"FROM a AS x\nCOPY --from=y /a /\n": {},
	} {
		_, err := New(context.Background(), Input{Dockerfile: []byte(dockerfile), Filename: "Dockerfile"}, Offline{})
		if want.text == "" {
			if err != nil {
				t.Errorf("%q: %v", dockerfile, err)
			}
			continue
		}
		var e *Error
		if !errors.As(err, &e) {
			t.Errorf("%q: got %v", dockerfile, err)
			continue
		}
		if e.Line != want.line || !strings.Contains(e.Message, want.text) {
			t.Errorf("%q: line %d, %q; want line %d, %q", dockerfile, e.Line, e.Message, want.line, want.text)
		}
	}
}

func TestBindChangesOnlyTheSession(t *testing.T) {
	p := mustPlan(t, sample, nil)
	one, err := p.Bind("one")
	if err != nil {
		t.Fatal(err)
	}
	again, _ := p.Bind("one")
	two, _ := p.Bind("two")
	if diff := cmp.Diff(one.Definition.Def, again.Definition.Def); diff != "" {
		t.Error("the same session gave another graph", diff)
	}
	shared := 0
	for d := range one.Steps {
		if _, ok := two.Steps[d]; ok {
			shared++
		}
	}
	// Both bases, both WORKDIRs: what reads no context has the same digest in every session.
	if shared != 4 {
		t.Errorf("%d of %d steps have one digest in two sessions", shared, len(one.Steps))
	}
	if len(one.Steps) != len(p.Steps) {
		t.Errorf("%d vertices for %d steps", len(one.Steps), len(p.Steps))
	}
}

func TestCustomSyntax(t *testing.T) {
	for first, want := range map[string]string{
		"# syntax=docker/dockerfile:1":                        "",
		"# syntax=docker.io/docker/dockerfile:1.4@sha256:123": "",
		"# syntax=docker/dockerfile-upstream:master":          "",
		"# syntax=example.org/mine:1":                         "example.org/mine:1",
		"FROM a":                                              "",
	} {
		if got, _ := CustomSyntax([]byte(first + "\nFROM a\n")); got != want {
			t.Errorf("%s: got %q", first, got)
		}
	}
}

// TestSample keeps the sample what its users were promised.
func TestSample(t *testing.T) {
	dt, err := os.ReadFile("../../testdata/python-app/Dockerfile")
	if err != nil {
		t.Fatal(err)
	}
	p := mustPlan(t, string(dt), nil)
	for i, pr := range p.Predict(p, changed(event.ContentChanged, "app/main.py"), nil) {
		if s := p.Steps[i]; strings.Contains(s.Instruction, "-r requirements.txt") && pr.Prediction != event.WillHit {
			t.Errorf("a source edit makes %s %s", s.Instruction, pr.Prediction)
		}
	}
	if p.Before() != "build" || !strings.Contains(p.Base(p.Target), "3.9-alpine") || !strings.Contains(p.Base("build"), "3.9-slim") {
		t.Errorf("before %q, bases %q and %q", p.Before(), p.Base("build"), p.Base(p.Target))
	}
}
