package solve

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/moby/buildkit/client"
	"github.com/moby/buildkit/solver/pb"
	"github.com/opencontainers/go-digest"

	"github.com/stagewatch/stagewatch/engine/plan"
)

// TestALinkedCopyIsWhatItsCopyIs is about COPY --link on an engine that merges: the copy is in the cache, and merging
// it is reported as run, as Docker Engine 28 does if the merge is new.
func TestALinkedCopyIsWhatItsCopyIs(t *testing.T) {
	const dockerfile = "FROM a\nCOPY x /\nCOPY --link y /\nRUN z\n"
	p, err := plan.New(t.Context(), plan.Input{Dockerfile: []byte(dockerfile), Filename: "Dockerfile"}, plan.Offline{})
	if err != nil {
		t.Fatal(err)
	}
	for name, tt := range map[string]struct {
		cached bool
		want   string
	}{
		"in the cache": {true, "stage-0 1/4 :1 hit\nstage-0 2/4 :2 running\nstage-0 2/4 :2 ran\nstage-0 3/4 :3 hit\nstage-0 4/4 :4 running\nstage-0 4/4 :4 ran\n—\n2 hits, 2 ran of 4 steps; 2 times\n"},
		"run":          {false, "stage-0 1/4 :1 hit\nstage-0 2/4 :2 running\nstage-0 2/4 :2 ran\nstage-0 3/4 :3 running\nstage-0 3/4 :3 ran\nstage-0 4/4 :4 running\nstage-0 4/4 :4 ran\n—\n1 hits, 3 ran of 4 steps; 3 times\n"},
	} {
		t.Run(name, func(t *testing.T) {
			r := &recording{Session: "s"}
			bound, err := p.Bind(r.Session)
			if err != nil {
				t.Fatal(err)
			}
			now := time.Now()
			report := func(d digest.Digest, cached, done bool) {
				v := &client.Vertex{Digest: d, Started: &now, Cached: cached}
				for _, in := range inputsOf(t, bound, d) {
					v.Inputs = append(v.Inputs, digest.Digest(in))
				}
				if done {
					end := now.Add(time.Millisecond)
					v.Completed = &end
				}
				now = now.Add(time.Second)
				r.Status = append(r.Status, &client.SolveStatus{Vertexes: []*client.Vertex{v}})
			}
			run := func(d digest.Digest) {
				report(d, false, false)
				now = now.Add(-time.Second)
				report(d, false, true)
			}
			run(vertexOf(t, bound, 0))
			run(vertexOf(t, bound, 1))
			if tt.cached {
				report(vertexOf(t, bound, 2), true, true)
			} else {
				run(vertexOf(t, bound, 2))
			}
			run(bound.Results[2])
			run(vertexOf(t, bound, 3))
			if diff := cmp.Diff(tt.want, r.track(t, p)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// vertexOf returns the vertex that carries out a step.
func vertexOf(t *testing.T, bound *plan.Bound, step int) digest.Digest {
	t.Helper()
	for d, steps := range bound.Steps {
		if steps[0] == step {
			return d
		}
	}
	t.Fatalf("no vertex carries out step %d", step)
	return ""
}

func inputsOf(t *testing.T, bound *plan.Bound, d digest.Digest) (inputs []string) {
	t.Helper()
	for _, dt := range bound.Definition.Def {
		if digest.FromBytes(dt) != d {
			continue
		}
		var o pb.Op
		if err := o.UnmarshalVT(dt); err != nil {
			t.Fatal(err)
		}
		for _, in := range o.Inputs {
			inputs = append(inputs, in.Digest)
		}
	}
	return inputs
}
