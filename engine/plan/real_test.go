package plan

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/moby/buildkit/client/llb/sourceresolver"
	dockerspec "github.com/moby/docker-image-spec/specs-go/v1"
	"github.com/opencontainers/go-digest"
	"github.com/rogpeppe/go-internal/txtar"

	"github.com/stagewatch/stagewatch/engine/event"
	"github.com/stagewatch/stagewatch/engine/goldentest"
)

// TestRealDockerfiles plans Dockerfiles in the style of well-known projects. Each file of testdata/real holds the
// Dockerfile, the options, paths to edit, and what is expected: the stages, the steps, and what each edit reruns.
func TestRealDockerfiles(t *testing.T) {
	files, err := filepath.Glob("testdata/real/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatal("no fixtures", err)
	}
	for _, name := range files {
		t.Run(strings.TrimSuffix(filepath.Base(name), ".txtar"), func(t *testing.T) {
			fixture, err := txtar.ParseFile(name)
			if err != nil {
				t.Fatal(err)
			}
			dockerfile := section(fixture, "Dockerfile")
			attrs, resolver := options(section(fixture, "options"))
			in := Input{Dockerfile: dockerfile, Filename: "Dockerfile", Attrs: attrs}
			p, err := New(t.Context(), in, resolver)
			if err != nil {
				t.Fatal(err)
			}
			checkSteps(t, in, resolver, p)
			checkGraph(t, p)
			got := expectations(p, strings.Fields(string(section(fixture, "edits"))))
			fixture.Files = slices.DeleteFunc(fixture.Files, func(f txtar.File) bool { return f.Name == "expected" })
			fixture.Files = append(fixture.Files, txtar.File{Name: "expected", Data: []byte(got)})
			goldentest.Check(t, name, string(txtar.Format(fixture)))
		})
	}
}

func section(a *txtar.Archive, name string) []byte {
	for _, f := range a.Files {
		if f.Name == name {
			return f.Data
		}
	}
	return nil
}

// expectations renders a plan, and what each edited path makes of its steps; hits are left out.
func expectations(p *Plan, edits []string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "target %s, before %s\n", p.Target, cmp.Or(p.Before(), "none"))
	for _, s := range p.Stages {
		fmt.Fprintf(&b, "stage %s :%d of %s", s.Name, s.Line, s.Base)
		if len(s.From) > 0 {
			fmt.Fprintf(&b, ", from %s", strings.Join(s.From, " "))
		}
		if !s.Needed {
			b.WriteString(", not needed")
		}
		b.WriteByte('\n')
	}
	for _, s := range p.Steps {
		fmt.Fprintf(&b, "%s %d/%d :%d", s.Stage, s.Index, s.Total, s.Line)
		if s.End != s.Line {
			fmt.Fprintf(&b, "-%d", s.End)
		}
		word, _, _ := strings.Cut(s.Instruction, " ")
		fmt.Fprintf(&b, " %s", word)
		if s.MergedWith != nil {
			fmt.Fprintf(&b, ", merged with %s", s.MergedWith)
		}
		b.WriteByte('\n')
	}
	for _, path := range edits {
		fmt.Fprintf(&b, "\nedit %s\n", path)
		for i, pr := range p.Predict(p, changed(event.ContentChanged, path), nil) {
			if s := p.Steps[i]; pr.Prediction != event.WillHit {
				fmt.Fprintf(&b, "%s %d/%d %s: %s\n", s.Stage, s.Index, s.Total, pr.Prediction, pr.Reason.String())
			}
		}
	}
	return b.String()
}

// options are frontend attributes, a line each, and triggers of base images: onbuild:IMAGE=INSTRUCTION.
func options(text []byte) (map[string]string, Resolver) {
	attrs, triggers := map[string]string{}, onbuild{}
	for line := range strings.Lines(string(text)) {
		key, value, _ := strings.Cut(strings.TrimSpace(line), "=")
		if image, ok := strings.CutPrefix(key, "onbuild:"); ok {
			triggers[image] = append(triggers[image], value)
		} else {
			attrs[key] = value
		}
	}
	return attrs, triggers
}

// onbuild resolves as Offline does, to images with triggers.
type onbuild map[string][]string

func (o onbuild) ResolveImageConfig(ctx context.Context, ref string, opt sourceresolver.Opt) (string, digest.Digest, []byte, error) {
	ref, dgst, dt, err := Offline{}.ResolveImageConfig(ctx, ref, opt)
	if len(o[ref]) == 0 || err != nil {
		return ref, dgst, dt, err
	}
	var img dockerspec.DockerOCIImage
	if err := json.Unmarshal(dt, &img); err != nil {
		return ref, dgst, dt, err
	}
	img.Config.OnBuild = o[ref]
	dt, err = json.Marshal(img)
	return ref, dgst, dt, err
}

// checkSteps holds a plan against the Dockerfile: each step stands on the line of its instruction, and has the same
// index, total and line where its stage is the target and nothing is merged into it from others.
func checkSteps(t testing.TB, in Input, resolver Resolver, p *Plan) {
	t.Helper()
	lines := bytes.Split(in.Dockerfile, []byte("\n"))
	last := map[string]Step{}
	for _, s := range p.Steps {
		before := last[s.Stage]
		if s.Line < 1 || s.End < s.Line || s.End > len(lines) || s.Index < 1 || s.Index > s.Total || s.Index <= before.Index || s.Line < before.Line || before.Total != 0 && s.Total != before.Total {
			t.Errorf("step %s of %d at lines %d to %d, after %s", s.ID(), s.Total, s.Line, s.End, before.ID())
			continue
		}
		last[s.Stage] = s
		word, _, _ := strings.Cut(s.Instruction, " ")
		if text := lines[s.Line-1]; !bytes.HasPrefix(bytes.ToUpper(bytes.TrimLeft(text, " \t")), []byte(word)) && word != "ONBUILD" {
			t.Errorf("step %s is %s, and line %d is %q", s.ID(), s.Instruction, s.Line, text)
		}
	}
	for i, st := range p.Stages {
		if !st.Needed || st.Name == p.Target || slices.ContainsFunc(p.Stages[i+1:], func(o Stage) bool { return strings.EqualFold(o.Name, st.Name) }) {
			continue
		}
		alone := in
		alone.Attrs = map[string]string{}
		for k, v := range in.Attrs {
			alone.Attrs[k] = v
		}
		alone.Attrs["target"] = st.Name
		q, err := New(t.Context(), alone, resolver)
		if err != nil {
			continue
		}
		if got, want := places(p, st.Name), places(q, st.Name); got != want {
			t.Errorf("steps of stage %s:\n%sand where it is the target:\n%s", st.Name, got, want)
		}
	}
}

func places(p *Plan, stage string) string {
	var b strings.Builder
	for _, s := range p.Steps {
		if s.Stage == stage {
			fmt.Fprintf(&b, "%d/%d :%d-%d\n", s.Index, s.Total, s.Line, s.End)
		}
	}
	return b.String()
}
