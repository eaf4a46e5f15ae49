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
		if pr.Reason.String() != "" {
			fmt.Fprintf(&b, ": %s", pr.Reason.String())
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

// links are symbolic links by path; "assets:img" is one of the context assets.
type links map[string]string

func (l links) Symlinks(context string) map[string]string {
	of := map[string]string{}
	for p, target := range l {
		name, rest, named := strings.Cut(p, ":")
		if !named {
			name, rest = "", p
		}
		if name == context {
			of[rest] = target
		}
	}
	return of
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
		"FROM a\n\nCOPY --from=9 /x /\n":    {3, "there is no stage 9"},
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
		if got, _ := CustomSyntax([]byte(first + "\nFROM a\n")); got.Image != want {
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
