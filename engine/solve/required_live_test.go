package solve

import (
	"errors"
	"strings"
	"testing"

	"github.com/moby/buildkit/solver/pb"

	"github.com/stagewatch/stagewatch/engine/plan"
)

// TestAMissingParentIsNotFound: engines before 29.1 copy nothing where COPY --parents names a path that does not exist.
func TestAMissingParentIsNotFound(t *testing.T) {
	for _, tt := range []struct {
		copy, missing string
	}{
		{"COPY --parents ./d/f ./missing /x/", "/missing"},
		{"COPY --parents d/f/below /x/", "/d/f/below"},
		{"COPY --parents d/./f d/./g /x/", "/d/g"},
		{"COPY --parents link/f /x/", "/link/f"},
		{"COPY --parents d/f link d/* /x/", ""},
		{"COPY --parents --from=s /SECRET/./a/b /x/", ""},
		{"COPY --parents --from=s /SECRET/./a/c /x/", "/SECRET/a/c"},
		{"COPY --parents --from=empty /a /x/", ""},
	} {
		t.Run(tt.copy, func(t *testing.T) {
			b := newBench(t)
			if b.builder.Caps().Supports(pb.CapFileCopyIncludeExcludePatterns) != nil {
				t.Skip("this engine knows no COPY --parents")
			}
			b.write("d/f", "f SECRET")
			b.link("d", "link")
			b.write("Dockerfile", "FROM python:3.9-alpine AS s\nRUN mkdir -p /SECRET/a && touch /SECRET/a/b\nFROM scratch AS empty\nFROM python:3.9-alpine\n"+tt.copy+"\n")
			o, err := b.build(t.Context(), nil)
			if tt.missing == "" {
				if err != nil {
					t.Error(err)
				}
				return
			}
			missing := strings.ReplaceAll(tt.missing, "SECRET", b.secret)
			var f *Failure
			if !errors.As(err, &f) || f.Line != 5 || !strings.Contains(f.Message, missing) && f.Missing != missing || f.Hint == "" {
				t.Errorf("got %v\n%s", err, o.steps)
			}
		})
	}
}

// TestALinkBeforeThePivotIsFollowed where the engine does: those that know required paths (BuildKit 0.26 to 0.34) look for
// the path behind the link under the link's own name, and do not find it.
func TestALinkBeforeThePivotIsFollowed(t *testing.T) {
	b := newBench(t)
	caps := b.builder.Caps()
	if caps.Supports(pb.CapFileCopyIncludeExcludePatterns) != nil || caps.Supports(pb.CapFileCopyRequiredPaths) == nil {
		t.Skip("this engine knows no COPY --parents, or requires its paths itself")
	}
	b.write("d/f", "f SECRET")
	b.link("d", "link")
	b.write("Dockerfile", "FROM python:3.9-alpine\nCOPY --parents link/./f /x/\nRUN test -f /x/f\n")
	if _, err := b.build(t.Context(), nil); err != nil {
		t.Error(err)
	}
}

// TestWhatTheEngineRefusesNamesItsLine: engines refuse a graph as a whole, and name no step.
func TestWhatTheEngineRefusesNamesItsLine(t *testing.T) {
	for _, run := range []string{"RUN --security=insecure true", "RUN --network=host true", "RUN --device=example.com/none=x,required true"} {
		t.Run(run, func(t *testing.T) {
			b := newBench(t)
			b.write("Dockerfile", "FROM python:3.9-alpine\nRUN true\n"+run+"\n")
			if strings.Contains(run, "--device") && b.builder.Caps().Supports(pb.CapExecMetaCDI) != nil {
				t.Skip("this engine knows no devices, which the plan says")
			}
			_, err := b.build(t.Context(), nil)
			var f *Failure
			if !errors.As(err, &f) || f.Line != 3 || strings.Contains(f.Message, "LLB") || f.Hint == "" {
				t.Errorf("got %v", err)
			}
		})
	}
}

// TestAnEngineThatKnowsNoParentsIsNamed is about Docker Engine 20.10, which would copy everything.
func TestAnEngineThatKnowsNoParentsIsNamed(t *testing.T) {
	b := newBench(t)
	b.write("f", "f")
	in := plan.Input{Dockerfile: []byte("FROM python:3.9-alpine\nCOPY --parents f /x/\n"), Filename: "Dockerfile", Caps: b.builder.Caps(), Platform: b.builder.Platform()}
	_, err := plan.New(t.Context(), in, b.builder)
	known := b.builder.Caps().Supports(pb.CapFileCopyIncludeExcludePatterns) == nil
	var e *plan.Error
	if known && err != nil || !known && (!errors.As(err, &e) || e.Line != 2 || e.Hint == "") {
		t.Errorf("the engine knows patterns: %t, and the plan says %v", known, err)
	}
}
