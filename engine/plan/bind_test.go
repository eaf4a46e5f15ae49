package plan

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/moby/buildkit/solver/pb"
	"github.com/opencontainers/go-digest"
	"google.golang.org/protobuf/testing/protocmp"
)

// TestBindAnew: every op but the sources has a digest of its own, does the same as before, and ignores the cache. The plan
// itself does not change.
func TestBindAnew(t *testing.T) {
	p, err := New(t.Context(), Input{Filename: "Dockerfile", Dockerfile: []byte("FROM base AS a\nRUN one\nCOPY x .\nFROM base\nCOPY --from=a /y /y\n")}, Offline{})
	if err != nil {
		t.Fatal(err)
	}
	with := bound(t)(p.Bind("s"))
	anew := bound(t)(p.BindAnew("s"))
	other := bound(t)(p.BindAnew("t"))
	if diff := cmp.Diff(with.Definition, bound(t)(p.Bind("s")).Definition, protocmp.Transform()); diff != "" {
		t.Error("bound with the cache again, the graph differs:", diff)
	}
	for i, dt := range with.Definition.Def {
		was, is, third := decoded(t, dt), decoded(t, anew.Definition.Def[i]), decoded(t, other.Definition.Def[i])
		d, e := digest.FromBytes(anew.Definition.Def[i]), digest.FromBytes(other.Definition.Def[i])
		if md := anew.Definition.Metadata[string(d)]; md.GetIgnoreCache() == (was.GetSource() != nil) {
			t.Errorf("op %d, %v: ignores the cache: %v", i, was, md.GetIgnoreCache())
		}
		if was.GetSource() == nil && (d == e || d == digest.FromBytes(dt)) {
			t.Errorf("op %d, %v, is the same op in another build", i, was)
		}
		if steps := with.Steps[digest.FromBytes(dt)]; !cmp.Equal(steps, anew.Steps[d]) {
			t.Errorf("op %d stands for the steps %v, and anew for %v", i, steps, anew.Steps[d])
		}
		if was.GetSource() == nil {
			is.Constraints, third.Constraints = was.Constraints, was.Constraints
		}
		for k := range was.Inputs {
			is.Inputs[k].Digest = was.Inputs[k].Digest
		}
		if diff := cmp.Diff(was, is, protocmp.Transform()); diff != "" {
			t.Errorf("op %d does something else: %s", i, diff)
		}
	}
}

// TestBindUncached: what is to run without the cache, and what stands on that, ignores it in the build that is meant, and in
// nothing that looks into its stages.
func TestBindUncached(t *testing.T) {
	p, err := New(t.Context(), Input{Filename: "Dockerfile", Attrs: map[string]string{"no-cache": "a"},
		Dockerfile: []byte("FROM base AS a\nRUN one\nFROM base AS b\nRUN two\nFROM base\nCOPY --from=b /y /y\nCOPY --from=a /x /x\n")}, Offline{})
	if err != nil || !p.Uncached() {
		t.Fatal(p.Uncached(), err)
	}
	session := func(Local) string { return "s" }
	ignored := func(b *Bound) (steps []string) {
		for i, s := range p.Steps {
			if b.Definition.Metadata[string(b.Results[i])].GetIgnoreCache() {
				steps = append(steps, s.Instruction)
			}
		}
		return steps
	}
	if got := ignored(bound(t)(p.BindEach(session))); len(got) > 0 {
		t.Errorf("%q ignore the cache where somebody looks into them", got)
	}
	b := bound(t)(p.BindUncached(session, "s"))
	if got, want := ignored(b), []string{"RUN one", "COPY --from=a /x /x"}; !cmp.Equal(got, want) {
		t.Errorf("%q ignore the cache, want %q", got, want)
	}
	other := bound(t)(p.BindUncached(session, "t"))
	if b.Results[1] == other.Results[1] || b.Results[3] != other.Results[3] {
		t.Error("a step without the cache is that of another build, or one with it is not")
	}
}

func bound(t *testing.T) func(*Bound, error) *Bound {
	return func(b *Bound, err error) *Bound {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
}

func decoded(t *testing.T, dt []byte) *pb.Op {
	t.Helper()
	var o pb.Op
	if err := o.UnmarshalVT(dt); err != nil {
		t.Fatal(err)
	}
	return &o
}
