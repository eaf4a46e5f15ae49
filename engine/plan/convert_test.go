package plan

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/moby/buildkit/client/llb/sourceresolver"
	"github.com/moby/buildkit/solver/pb"
	"github.com/opencontainers/go-digest"
)

func TestCheckComments(t *testing.T) {
	for name, tt := range map[string]struct {
		dockerfile string
		lint, line int
		err        string
	}{
		"finds":                               {dockerfile: "FROM a as x\nRUN y\n", lint: 1},
		"first":                               {dockerfile: "# check=skip=all\nFROM a as x\nRUN y\n"},
		"behind syntax":                       {dockerfile: "# syntax=docker/dockerfile:1\n# check=skip=FromAsCasing\nFROM a as x\nRUN y\n"},
		"second, for the instruction below":   {dockerfile: "# a comment\n# check=skip=all\nFROM a as x\nRUN y\n"},
		"in front of a step":                  {dockerfile: "FROM a AS x\n# check=skip=all\nRUN y\n"},
		"in front of ARG":                     {dockerfile: "# why\n\n# check=skip=all\nARG X\nFROM a\nRUN y\n"},
		"of a rule that is not there":         {dockerfile: "FROM a as x\n# check=skip=Nonsense\nRUN y\n", lint: 1},
		"malformed, in front of a step":       {dockerfile: "FROM a as x\n# check=nonsense\nRUN y\n", lint: 1},
		"malformed, first":                    {dockerfile: "# check=nonsense\nFROM a\nRUN y\n", err: "invalid check option"},
		"an error":                            {dockerfile: "# check=error=true\nFROM a\n\nFROM a as x\nRUN y\n", line: 4, err: "FromAsCasing"},
		"an error, skipped":                   {dockerfile: "# check=error=true;skip=FromAsCasing\nFROM a as x\nRUN y\n"},
		"an error that is asked for too late": {dockerfile: "# why\n# check=error=true\nFROM a as x\nRUN y\n", lint: 1},
	} {
		t.Run(name, func(t *testing.T) {
			p, err := New(t.Context(), Input{Dockerfile: []byte(tt.dockerfile), Filename: "Dockerfile"}, Offline{})
			if tt.err == "" {
				if err != nil || len(p.Lint) != tt.lint {
					t.Fatalf("%v, %+v", err, p)
				}
				return
			}
			var e *Error
			if !errors.As(err, &e) || e.Line != tt.line || !strings.Contains(e.Message, tt.err) {
				t.Errorf("got %v", err)
			}
		})
	}
}

// TestAFaultOfTheConversionFailsThePlan: a panic in the converter becomes an error.
func TestAFaultOfTheConversionFailsThePlan(t *testing.T) {
	var e *Error
	_, err := New(t.Context(), Input{Dockerfile: []byte(foreignDockerfile), Filename: "Dockerfile", Frontend: faulty{}}, Offline{})
	if !errors.As(err, &e) || !strings.Contains(e.Message, "no such format") || !strings.Contains(e.Message, "stagewatch") {
		t.Errorf("got %v", err)
	}
}

// TestAPlanIsGivenUpAtOnce: New returns when ctx ends, although the converter ignores ctx.
func TestAPlanIsGivenUpAtOnce(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	over := make(chan struct{})
	defer close(over)
	if _, err := New(ctx, Input{Dockerfile: []byte("FROM a\n"), Filename: "Dockerfile"}, slow{asked: cancel, over: over}); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

// faulty is a frontend with a fault.
type faulty struct{}

func (faulty) Convert(context.Context, Syntax, Input) (*pb.Definition, []byte, error) {
	panic("no such format")
}

// slow calls asked when it is asked, and does not answer before over is closed.
type slow struct {
	Offline
	asked func()
	over  chan struct{}
}

func (s slow) ResolveImageConfig(context.Context, string, sourceresolver.Opt) (string, digest.Digest, []byte, error) {
	s.asked()
	<-s.over
	return "", "", nil, errors.New("too late")
}

func TestSourceDateEpoch(t *testing.T) {
	const dockerfile = "FROM a\nARG SOURCE_DATE_EPOCH\nWORKDIR /w\nCOPY f .\n"
	plan := func(value string) *Plan {
		return mustPlan(t, dockerfile, map[string]string{"build-arg:SOURCE_DATE_EPOCH": value})
	}
	want := "stage-0 1/3 :1 hit\nstage-0 2/3 :3 rerun: build argument changed: SOURCE_DATE_EPOCH\nstage-0 3/3 :4 rerun: after stage-0 2/3\n"
	for _, from := range []*Plan{plan("1000"), mustPlan(t, dockerfile, nil), Recall(mustPlan(t, dockerfile, nil).Remember())} {
		now := plan("2000")
		if diff := cmp.Diff(want, show(now, now.Predict(from, nil, nil))); diff != "" {
			t.Error(diff)
		}
	}
	if p := plan("2000"); p.Epoch != "2000" {
		t.Errorf("epoch %q", p.Epoch)
	}
	// A folder has no time of its own: as with docker buildx, no time is set.
	if p := plan("context"); p.Epoch != "" || !p.Same(mustPlan(t, dockerfile, nil)) {
		t.Errorf("epoch %q of a folder", p.Epoch)
	}
	for value, text := range map[string]string{"nonsense": "invalid SOURCE_DATE_EPOCH", "remote": "without an engine"} {
		attrs := map[string]string{"build-arg:SOURCE_DATE_EPOCH": value, "context:remote": "https://example.org/x.tar"}
		if _, err := New(t.Context(), Input{Dockerfile: []byte(dockerfile), Filename: "Dockerfile", Attrs: attrs}, Offline{}); err == nil || !strings.Contains(err.Error(), text) {
			t.Errorf("%s: %v", value, err)
		}
	}
}
