package plan

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/moby/buildkit/solver/pb"
)

// canned is a frontend that always makes the same graph.
type canned struct {
	def *pb.Definition
	err error
}

func (c canned) Convert(context.Context, Syntax, Input) (*pb.Definition, []byte, error) {
	return c.def, []byte("{}"), c.err
}

const foreignDockerfile = "# syntax=example.org/mine\nFROM a AS build\nCOPY x /\nRUN make\nFROM b\nCOPY --from=build /out /\n"

func TestAForeignGraphIsPlannedByItsNames(t *testing.T) {
	own, err := New(t.Context(), Input{Dockerfile: []byte(foreignDockerfile), Filename: "Dockerfile"}, Offline{})
	if err != nil {
		t.Fatal(err)
	}
	// What the frontend does not name is told by what it does.
	nameless := own.def.CloneVT()
	for _, md := range nameless.Metadata {
		md.Description = nil
	}
	for name, tt := range map[string]struct {
		def   *pb.Definition
		steps []string
	}{
		"named": {own.def, []string{
			"build 1/3 FROM docker.io/library/a:latest", "build 2/3 COPY x /", "build 3/3 RUN make", "stage-1 1/2 FROM docker.io/library/b:latest", "stage-1 2/2 COPY --from=build /out /",
		}},
		"nameless": {nameless, []string{
			"stage-0 1/5 FROM docker.io/library/b:latest", "stage-0 2/5 FROM docker.io/library/a:latest", "stage-0 3/5 COPY", "stage-0 4/5 RUN /bin/sh -c make", "stage-0 5/5 COPY",
		}},
	} {
		t.Run(name, func(t *testing.T) {
			p, err := New(t.Context(), Input{Dockerfile: []byte(foreignDockerfile), Filename: "Dockerfile", Frontend: canned{def: tt.def}}, Offline{})
			if err != nil {
				t.Fatal(err)
			}
			var steps []string
			for _, s := range p.Steps {
				steps = append(steps, fmt.Sprintf("%s %d/%d %s", s.Stage, s.Index, s.Total, s.Instruction))
			}
			if diff := cmp.Diff(tt.steps, steps); diff != "" {
				t.Error(diff)
			}
			if !slices.EqualFunc(p.ops, own.ops, func(a, b op) bool { return a.digest == b.digest }) {
				t.Error("the same graph counts as another")
			}
		})
	}
}

func TestNamesOfAForeignGraph(t *testing.T) {
	for name, want := range map[string]string{
		"[build 4/6] RUN make":                  "build 4 6 RUN make",
		"[build  4/16] RUN make":                "build 4 16 RUN make",
		"[4/6] RUN make":                        " 4 6 RUN make",
		"[ 4/11] RUN make":                      " 4 11 RUN make",
		"[linux/amd64 2/3] RUN make":            " 2 3 RUN make",
		"[linux/amd64  2/13] RUN make":          " 2 13 RUN make",
		"[linux/arm/v7 x.y-1_z  2/13] RUN make": "x.y-1_z 2 13 RUN make",
		"[linux/amd64->arm64 build 2/3] RUN a":  "build 2 3 RUN a",
		"[s1 1/2] RUN echo [ 3/4] x":            "s1 1 2 RUN echo [ 3/4] x",
		"[1/2] RUN echo 3/4] x":                 " 1 2 RUN echo 3/4] x",
		"[internal] load build context":         "",
		"[auth] library/python:pull token":      "",
		"FROM docker.io/library/a:latest":       "",
	} {
		got := ""
		if m := progressName.FindStringSubmatch(name); m != nil {
			got = strings.Join(m[1:], " ")
		}
		if got != want {
			t.Errorf("%q is taken apart as %q, want %q", name, got, want)
		}
	}
}

func TestAForeignFrontendThatFailsIsNamed(t *testing.T) {
	_, err := New(t.Context(), Input{Dockerfile: []byte(foreignDockerfile), Filename: "Dockerfile", Frontend: canned{err: errors.New("pull access denied")}}, Offline{})
	var e *Error
	if !errors.As(err, &e) || !strings.Contains(e.Message, "example.org/mine") || !strings.Contains(e.Message, "pull access denied") {
		t.Errorf("got %v", err)
	}
	_, err = New(t.Context(), Input{Dockerfile: []byte("# syntax=example.org/mine\nFROM a\nINCLUDE b\n"), Filename: "Dockerfile"}, Offline{})
	if !errors.As(err, &e) || e.Line != 3 || !strings.Contains(e.Message, "example.org/mine") {
		t.Errorf("without an engine: %v", err)
	}
}
