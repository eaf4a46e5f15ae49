package plan

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/moby/buildkit/client/llb/sourceresolver"
	"github.com/moby/buildkit/frontend/dockerfile/parser"
	"github.com/moby/buildkit/solver/pb"
	dockerspec "github.com/moby/docker-image-spec/specs-go/v1"
	"github.com/opencontainers/go-digest"
)

// checkGraph holds the steps against the graph: each vertex that comes from an instruction is a step on the line of
// that instruction, or a part of one; each vertex that is built counts as one step; and each step is numbered.
func checkGraph(t testing.TB, p *Plan) {
	t.Helper()
	bound, err := p.Bind("session")
	if err != nil {
		t.Fatal(err)
	}
	for d, locations := range bound.Definition.Source.Locations {
		steps := slices.Concat(bound.Steps[digest.Digest(d)], bound.Parts[digest.Digest(d)])
		if len(bound.Steps[digest.Digest(d)])+len(bound.Parts[digest.Digest(d)]) == 0 && p.opOf(bound, d).GetSource() == nil {
			t.Errorf("%s is no step", bound.Definition.Metadata[d].GetDescription()["llb.customname"])
		}
		if p.opOf(bound, d).GetSource() != nil {
			continue // the image that a COPY names may be another stage's FROM
		}
		for _, l := range locations.Locations {
			line := int(l.Ranges[0].Start.Line)
			if !slices.ContainsFunc(steps, func(i int) bool { return p.Steps[i].Line == line }) {
				t.Errorf("no step of %s is on line %d", bound.Definition.Metadata[d].GetDescription()["llb.customname"], line)
			}
		}
	}
	owners := map[StepID]bool{}
	for d, steps := range bound.Steps {
		own := 0
		for _, i := range steps {
			if p.Steps[i].MergedWith == nil {
				own++
				owners[p.Steps[i].ID()] = true
			}
		}
		if own != 1 || p.Steps[steps[0]].MergedWith != nil {
			t.Errorf("%s is built as %d steps", d, own)
		}
	}
	seen := map[StepID]bool{}
	totals := map[string]int{}
	for _, s := range p.Steps {
		totals[s.Stage]++
		if seen[s.ID()] || s.Index != totals[s.Stage] || s.From && s.Index != 1 {
			t.Errorf("step %s follows step %d of its stage", s.ID(), totals[s.Stage]-1)
		}
		seen[s.ID()] = true
		if m := s.MergedWith; m == nil && !owners[s.ID()] || m != nil && !owners[*m] {
			t.Errorf("step %s, merged with %v, is built by nothing", s.ID(), m)
		}
	}
	for _, s := range p.Steps {
		if s.Total != totals[s.Stage] {
			t.Errorf("step %s of %d where there are %d", s.ID(), s.Total, totals[s.Stage])
		}
	}
	checkLines(t, p)
}

func (p *Plan) opOf(bound *Bound, d string) *pb.Op {
	var o pb.Op
	for _, dt := range bound.Definition.Def {
		if string(digest.FromBytes(dt)) == d {
			_ = o.UnmarshalVT(dt)
		}
	}
	return &o
}

// checkLines holds the steps against the file: each COPY, ADD and RUN of a needed stage is one step on its line.
func checkLines(t testing.TB, p *Plan) {
	t.Helper()
	file, err := parser.Parse(bytes.NewReader(p.source))
	if err != nil {
		t.Fatal(err)
	}
	stage := -1
	for _, n := range file.AST.Children {
		word := strings.ToUpper(n.Value)
		if word == "FROM" {
			stage++
		}
		if stage < 0 || !slices.Contains([]string{"COPY", "ADD", "RUN"}, word) {
			continue
		}
		count := 0
		for _, s := range p.Steps {
			if s.Line == n.StartLine && s.End == n.EndLine && s.Stage == p.Stages[stage].Name && strings.HasPrefix(s.Instruction, word+" ") {
				count++
			}
		}
		want := 0
		if st := p.Stages[stage]; st.Needed && (!st.Replaced) {
			want = 1
		}
		if count != want {
			t.Errorf("line %d, %s, is %d steps", n.StartLine, n.Original, count)
		}
	}
}

// TestEveryVertexIsAStep makes Dockerfiles at random, of all that may stand between an instruction and its name.
func TestEveryVertexIsAStep(t *testing.T) {
	for seed := range uint64(400) {
		in := randomInput(rand.New(rand.NewPCG(seed, 9)))
		p, err := New(t.Context(), in, triggering{})
		if err != nil {
			t.Fatalf("seed %d: %v\n%s", seed, err, in.Dockerfile)
		}
		checkGraph(t, p)
		for _, prev := range []*Plan{p, Recall(p.Remember())} {
			for i, pr := range p.Predict(prev, nil, nil) {
				// What stands on a folder as its base is never cached.
				if pr.Reason.String() != "" && !p.uncached(i) {
					t.Errorf("nothing changed: %s, %+v", p.Steps[i].ID(), pr)
				}
			}
		}
		if t.Failed() {
			t.Fatalf("seed %d: %v\n%s\n%s", seed, in.Attrs, in.Dockerfile, stepList(p))
		}
	}
}

// triggering resolves as Offline does, to images that have triggers where their name says so.
type triggering struct{ Offline }

func (triggering) ResolveImageConfig(ctx context.Context, ref string, opt sourceresolver.Opt) (string, digest.Digest, []byte, error) {
	ref, dgst, dt, err := Offline{}.ResolveImageConfig(ctx, ref, opt)
	var img dockerspec.DockerOCIImage
	if err == nil {
		err = json.Unmarshal(dt, &img)
	}
	switch {
	case strings.Contains(ref, "onbuild"):
		img.Config.OnBuild = []string{"WORKDIR /", "COPY --link p /", "RUN triggered", "WORKDIR /app", "ADD https://example.org/t /"}
	case strings.Contains(ref, "empty"):
		img.RootFS.DiffIDs = nil
	}
	if err == nil {
		dt, err = json.Marshal(img)
	}
	return ref, dgst, dt, err
}

func randomInput(r *rand.Rand) Input {
	var b strings.Builder
	one := func(of ...string) string { return of[r.IntN(len(of))] }
	fmt.Fprintf(&b, "%sARG BASE=a\nARG KIND=${TARGETARCH}\n", one("", "# check=skip=all\n", "# why\n# check=skip=all\n", "# syntax=docker/dockerfile:1\n"))
	names := []string{}
	stages := 1 + r.IntN(5)
	for i := range stages {
		base := one("a", "a", "b:1", "${BASE}", "scratch", "onbuild", "empty", "ctx", "folder", "--platform=$BUILDPLATFORM a")
		if len(names) > 0 && r.IntN(3) == 0 {
			base = one(names...)
		}
		name := one("", "s"+fmt.Sprint(i), "x.y-"+fmt.Sprint(i)+"_z", "same", "stage-1", "replaced", "S"+fmt.Sprint(i))
		fmt.Fprintf(&b, "%s %s", one("FROM", "from"), base)
		if name != "" {
			fmt.Fprintf(&b, " AS %s", name)
		}
		b.WriteByte('\n')
		steps := r.IntN(5)
		if r.IntN(4) == 0 {
			steps += 9
		}
		from := func() string {
			// A name that comes again later means the later one, which must not be copied from before.
			if i > 0 && r.IntN(2) == 0 {
				return fmt.Sprint(r.IntN(i))
			}
			return one("a", "b:1", "ctx", "folder")
		}
		for range steps {
			b.WriteString(one("RUN one\n", "RUN two\n", "RUN a \\\n  && b\n", "COPY f /\n", "COPY --link f /\n", "ADD --link g h /d/\n", "WORKDIR /\n", "WORKDIR /w\n", "WORKDIR w\n", "WORKDIR ..\n",
				"COPY --from="+from()+" /f /\n", "COPY --link --from="+from()+" /f /\n", "RUN --mount=from="+one("a", "b:1", "ctx")+",target=/m three\n", "RUN --mount=type=cache,uid=7,target=/c four\n",
				"RUN <<E\nx\nE\n", "RUN <<E\n#!/bin/sh\nx\nE\n", "COPY <<E /e\nx\nE\n", "ADD https://example.org/f /\n", "ADD https://example.org/r.git#main /r\n", "ENV A=$TOKEN\n", "ARG TOKEN\n",
				"COPY $TOKEN /t\n", "LABEL a=b\n", "ONBUILD RUN later\n", "ONBUILD COPY later /\n", "USER 7\n", "# check=skip=all\n"))
		}
		names = append(names, strings.ToLower(name))
		names = slices.DeleteFunc(names, func(n string) bool { return n == "" })
	}
	attrs := map[string]string{"build-arg:TOKEN": "hush", "context:ctx": "docker-image://other", "context:folder": "local:folder", "context:replaced": "docker-image://" + one("a", "other")}
	maps.DeleteFunc(attrs, func(k, _ string) bool { return k == "context:replaced" && r.IntN(2) == 0 })
	if r.IntN(4) == 0 {
		attrs["platform"] = one("linux/arm64", "linux/arm64,linux/amd64")
	}
	in := Input{Dockerfile: []byte(b.String()), Filename: "Dockerfile", Attrs: attrs}
	if r.IntN(3) == 0 {
		in.Caps = without(pb.CapMergeOp)
	}
	return in
}
