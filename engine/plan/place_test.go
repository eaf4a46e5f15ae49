package plan

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
)

const placed = `# syntax=docker/dockerfile:1
FROM a AS build
ENV ONE=1
# a comment
WORKDIR /w
RUN <<EOF
first
second
EOF
ARG TWO=2
USER app
COPY x y/ \
  /z/

FROM scratch AS empty
FROM b
SHELL ["/bin/bash", "-o", "pipefail", "-c"]
RUN last
COPY --from=build /w /w
ENV THREE=3`

// TestProbe: a probe has the steps before its place and none after, numbered as in the whole plan, and finds what a RUN would
// find there.
func TestProbe(t *testing.T) {
	for _, tt := range []struct {
		at    Place
		steps string
		last  string
		finds string
	}{
		{Place{Stage: "build", Step: 1}, "build 1/4", "build 1/4", "/bin/sh - / -"},
		{Place{Stage: "build", Step: 2}, "build 1/4 build 2/4", "build 2/4", "/bin/sh ONE=1 /w -"},
		{Place{Stage: "0", Step: 3}, "build 1/4 build 2/4 build 3/4", "build 3/4", "/bin/sh ONE=1 /w -"},
		{Place{Stage: "build", Step: 3, Before: true}, "build 1/4 build 2/4", "build 2/4", "/bin/sh ONE=1 /w -"},
		{Place{Stage: "build", Step: 4, Before: true}, "build 1/4 build 2/4 build 3/4", "build 3/4", "/bin/sh ONE=1,TWO=2 /w app"},
		{Place{Stage: "build"}, "build 1/4 build 2/4 build 3/4 build 4/4", "build 4/4", "/bin/sh ONE=1,TWO=2 /w app"},
		{Place{Stage: "empty"}, "", "", "/bin/sh - / -"},
		{Place{Stage: "stage-2", Step: 2}, "stage-2 1/3 stage-2 2/3", "stage-2 2/3", "/bin/bash - / -"},
		{Place{}, "build 1/4 build 2/4 build 3/4 build 4/4 stage-2 1/3 stage-2 2/3 stage-2 3/3", "stage-2 3/3", "/bin/bash THREE=3 / -"},
	} {
		t.Run(tt.at.String(), func(t *testing.T) {
			p, err := NewProbe(t.Context(), Input{Dockerfile: []byte(placed), Filename: "Dockerfile", Attrs: map[string]string{}}, Offline{}, tt.at)
			if err != nil {
				t.Fatal(err)
			}
			var steps []string
			for _, s := range p.Steps {
				steps = append(steps, fmt.Sprintf("%s %d/%d", s.Stage, s.Index, s.Total))
			}
			if got := strings.Join(steps, " "); got != tt.steps {
				t.Errorf("its steps are %s, want %s", got, tt.steps)
			}
			if p.Last >= 0 && steps[p.Last] != tt.last || p.Last < 0 && tt.last != "" {
				t.Errorf("its last step is %d", p.Last)
			}
			bound, err := p.Bind("session")
			if err != nil {
				t.Fatal(err)
			}
			meta := bound.Ops[p.Op].GetExec().GetMeta()
			env := slices.DeleteFunc(slices.Sorted(slices.Values(meta.GetEnv())), func(kv string) bool { return strings.HasPrefix(kv, "PATH=") })
			got := fmt.Sprintf("%s %s %s %s", meta.Args[0], orDash(strings.Join(env, ",")), meta.Cwd, orDash(meta.User))
			if got != tt.finds {
				t.Errorf("it finds %s, want %s", got, tt.finds)
			}
			if len(bound.Steps[bound.Digests[p.Op]]) > 0 {
				t.Error("its own command counts as a step")
			}
		})
	}
}

func orDash(s string) string {
	if s == "" {
		return "-"
	}
	return s
}

// TestNoProbe: there is no state to look into.
func TestNoProbe(t *testing.T) {
	probe := func(dockerfile string, frontend Frontend, at Place) error {
		_, err := NewProbe(t.Context(), Input{Dockerfile: []byte(dockerfile), Filename: "Dockerfile", Attrs: map[string]string{}, Frontend: frontend}, Offline{}, at)
		return err
	}
	var nowhere *PlaceError
	for _, at := range []Place{{Stage: "build", Step: 5}, {Stage: "empty", Step: 1}} {
		if err := probe(placed, nil, at); !errors.As(err, &nowhere) || nowhere.Steps != map[string]int{"build": 4, "empty": 0}[at.Stage] {
			t.Errorf("%v: got %v", at, err)
		}
	}
	if probe(placed, nil, Place{Stage: "build", Step: 1, Before: true}) == nil {
		t.Error("there is a state before the base")
	}
}
