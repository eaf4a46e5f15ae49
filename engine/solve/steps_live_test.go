package solve

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/opencontainers/go-digest"

	"github.com/stagewatch/stagewatch/engine/plan"
)

// numbered matches the name that BuildKit gives a vertex that is a step: "[linux/amd64 build  4/16] RUN …".
var numbered = regexp.MustCompile(`(?s)^\[[^\]]*\d+/\d+\] (?:LINK )?(.*)$`)

// TestEveryVertexIsToldAsItsStep builds Dockerfiles whose steps can't be identified by the names that BuildKit gives
// them: whatever it reports must be a step on the line of its instruction, and what is in its cache must be a hit.
func TestEveryVertexIsToldAsItsStep(t *testing.T) {
	for _, tt := range []struct {
		name, dockerfile string
		attrs            map[string]string
	}{
		{name: "ten steps and more of a stage without a name", dockerfile: "FROM python:3.9-alpine\n" + strings.Repeat("RUN echo SECRET\n", 10)},
		{name: "WORKDIR /", dockerfile: "FROM python:3.9-alpine\nWORKDIR /\nRUN echo SECRET 1\nWORKDIR /w/..\nRUN echo SECRET 2\nWORKDIR /w\nRUN echo SECRET 3\n"},
		{name: "an image that is a base and copied from", dockerfile: "FROM python:3.9-alpine AS x\nRUN echo SECRET >/1\nFROM python:3.9-alpine\nCOPY --from=python:3.9-alpine /etc/passwd /SECRET\nRUN --mount=from=python:3.9-alpine,target=/m ls /m\nCOPY --from=x /1 /\n"},
		{name: "identical steps", dockerfile: "FROM python:3.9-alpine AS x\nRUN echo SECRET\nFROM python:3.9-alpine AS y\nRUN echo SECRET\nFROM python:3.9-alpine\nCOPY --from=x /etc /1\nCOPY --from=y /etc /2\n"},
		{name: "COPY --link", dockerfile: "FROM python:3.9-alpine AS x\nRUN echo SECRET >/1\nFROM python:3.9-alpine\nCOPY f /f\nCOPY --link f /g\nCOPY --link --from=x /1 /1\nADD --link f /h\nRUN cat /1 /g /h\n"},
		{name: "triggers, heredocs and names that others have", dockerfile: "FROM python:3.9-alpine AS same\nONBUILD COPY f /SECRET\nONBUILD RUN echo SECRET\nFROM same AS same\nRUN <<E\necho SECRET\nE\nCOPY <<E /e\nSECRET\nE\nFROM same\nRUN cat /e\n"},
		{name: "several platforms are asked for", dockerfile: "FROM --platform=$BUILDPLATFORM python:3.9-alpine AS build\nARG TARGETARCH\nRUN echo SECRET $TARGETARCH >/1\nFROM python:3.9-alpine\nCOPY --from=build /1 /1\n", attrs: map[string]string{"platform": "linux/amd64", "multi-platform": "true"}},
		{name: "images in the place of a base and of a stage", dockerfile: "FROM gone AS x\nRUN echo SECRET\nFROM base\nCOPY f /SECRET\nCOPY --from=x /etc/passwd /p\nRUN echo SECRET\n", attrs: map[string]string{"context:base": "docker-image://python:3.9-alpine", "context:x": "docker-image://python:3.9-slim"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			b := newBench(t)
			b.write("f", "f SECRET")
			dockerfile := strings.ReplaceAll(tt.dockerfile, "SECRET", b.secret)
			p, err := plan.New(t.Context(), plan.Input{Dockerfile: []byte(dockerfile), Filename: "Dockerfile", Attrs: tt.attrs, Caps: b.builder.Caps(), Platform: b.builder.Platform()}, b.builder)
			if err != nil {
				t.Fatal(err)
			}
			for _, build := range []string{"cold", "warm"} {
				r := &recording{}
				if r.solve(t, b, p, false); r.Error != "" {
					t.Fatal(r.Error)
				}
				r.checkVertices(t, p)
				reported := r.track(t, p)
				for _, s := range p.Steps {
					name := fmt.Sprintf("%s %d/%d :%d ", s.Stage, s.Index, s.Total, s.Line)
					var states []string
					for line := range strings.Lines(reported) {
						if state, ok := strings.CutPrefix(line, name); ok {
							states = append(states, strings.TrimSpace(state))
						}
					}
					// What was built before with the same content is a hit in a cold build, too, and a step that takes
					// no time may be reported only when it is over.
					reported := strings.Join(states, " ")
					if reported != "hit" && (build == "warm" || reported != "running ran" && reported != "ran") {
						t.Errorf("%s: %s%s is reported as %v", build, name, s.Instruction, states)
					}
				}
				if t.Failed() {
					t.Fatalf("%s:\n%s", build, reported)
				}
			}
		})
	}
}

// checkVertices compares the vertices that BuildKit reports with the plan's steps.
func (r *recording) checkVertices(t *testing.T, p *plan.Plan) {
	t.Helper()
	bound, err := p.Bind(r.Session)
	if err != nil {
		t.Fatal(err)
	}
	reported := map[digest.Digest]bool{}
	for _, s := range r.Status {
		for _, v := range s.Vertexes {
			reported[v.Digest] = true
			m := numbered.FindStringSubmatch(v.Name)
			// Where BuildKit merges a step with that of another build, it reports the other one's vertex, too.
			if _, ours := bound.At[v.Digest]; m == nil || !ours {
				continue
			}
			steps := slices.Concat(bound.Steps[v.Digest], bound.Parts[v.Digest])
			if len(steps) == 0 {
				t.Errorf("%q is no step", v.Name)
				continue
			}
			if s := p.Steps[steps[0]]; s.Expanded != m[1] {
				t.Errorf("%q is reported as %s, %s", v.Name, s.ID(), s.Expanded)
			}
		}
	}
	for d, steps := range bound.Steps {
		if !reported[d] {
			t.Errorf("nothing is reported of %s", p.Steps[steps[0]].ID())
		}
	}
}
