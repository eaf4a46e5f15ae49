package plan

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/moby/buildkit/client/llb/sourceresolver"
	"github.com/opencontainers/go-digest"
)

// noRegistry knows images whose names begin with "known", and no others.
type noRegistry struct{ Offline }

func (n noRegistry) ResolveImageConfig(ctx context.Context, ref string, opt sourceresolver.Opt) (string, digest.Digest, []byte, error) {
	if !strings.Contains(ref, "known") {
		return "", "", nil, &ImageError{Name: ref, Err: errors.New("no such host")}
	}
	return n.Offline.ResolveImageConfig(ctx, ref, opt)
}

// TestAnImageThatIsNotThere: where a stage is misspelled, the message names the stage first and the registry last.
func TestAnImageThatIsNotThere(t *testing.T) {
	const stages = "FROM known AS build\nRUN x\nFROM known AS Base\nRUN y\nFROM known\n"
	for name, c := range map[string]struct {
		dockerfile    string
		line          int
		message, hint string
	}{
		"COPY --from":       {stages + "COPY --from=biuld /a /a\n", 6, "biuld is no stage of the Dockerfile: did you mean build? As an image it can't be had: no such host", "The stages are build, base, stage-2."},
		"another case":      {stages + "COPY --from=bas /a /a\n", 6, "bas is no stage of the Dockerfile: did you mean base? As", "The stages are"},
		"RUN --mount":       {stages + "RUN --mount=type=bind,from=biuld,target=/m x\n", 6, "did you mean build? As", "The stages are"},
		"FROM":              {"FROM known AS build\nRUN x\nFROM biuld\nRUN y\n", 3, "did you mean build? As", "The stages are"},
		"the first FROM":    {"FROM gone:1.2\nRUN x\n", 1, "the image gone:1.2 can't be had: no such host", ""},
		"unlike any stage":  {stages + "COPY --from=example.com/x/tools /a /a\n", 6, "the image example.com/x/tools can't be had: no such host", ""},
		"a number too high": {stages + "\nCOPY --from=7 /a /a\n", 7, "there is no stage 7", "Stages are counted from 0: the last one is 2, stage-2."},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := New(t.Context(), Input{Dockerfile: []byte(c.dockerfile), Filename: "Dockerfile"}, noRegistry{})
			var e *Error
			if !errors.As(err, &e) {
				t.Fatalf("got %v", err)
			}
			if e.Line != c.line || !strings.Contains(e.Message, c.message) || !strings.Contains(e.Hint, c.hint) || len(e.Excerpt) == 0 {
				t.Errorf("line %d: %s\nhint: %s\n%+v", e.Line, e.Message, e.Hint, e.Excerpt)
			}
		})
	}
}

func TestEveryStageIsATarget(t *testing.T) {
	const dockerfile = "# a comment\nFROM a\nRUN one\n\n# of the next\nFROM \\\n  b AS Named\nCOPY --from=0 /x /\n\nFROM c\nCOPY --from=named /y /\nRUN two\n"
	whole := mustPlan(t, dockerfile, nil)
	for ref, want := range map[string]string{"0": "stage-0", "stage-0": "stage-0", "STAGE-0": "stage-0", "named": "named", "NAMED": "named", "1": "named", "2": "stage-2", "stage-2": "stage-2", "": "stage-2"} {
		p := mustPlan(t, dockerfile, map[string]string{"target": ref})
		if p.Target != want {
			t.Errorf("%q: target %s, want %s", ref, p.Target, want)
		}
		last := p.Steps[len(p.Steps)-1]
		if last.Stage != want {
			t.Errorf("%q: builds up to %s %d", ref, last.Stage, last.Index)
		}
		// The steps are those of the whole Dockerfile, to the digest.
		for _, s := range p.Steps {
			same := false
			for _, w := range whole.Steps {
				if s.ID() == w.ID() {
					same = p.ops[s.ops[len(s.ops)-1]].fullKey == whole.ops[w.ops[len(w.ops)-1]].fullKey && s.Line == w.Line && s.Instruction == w.Instruction
				}
			}
			if !same {
				t.Errorf("%q: %s %d, line %d, %s is none of the whole Dockerfile", ref, s.Stage, s.Index, s.Line, s.Instruction)
			}
		}
	}
	for _, ref := range []string{"nosuch", "3", "-1", "stage-1"} {
		_, err := New(t.Context(), Input{Dockerfile: []byte(dockerfile), Filename: "Dockerfile", Attrs: map[string]string{"target": ref}}, Offline{})
		if err == nil {
			t.Errorf("%s is a target", ref)
		}
	}
}
