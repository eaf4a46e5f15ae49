package solve

import (
	"slices"
	"testing"
	"time"

	"github.com/moby/buildkit/client"
	"github.com/opencontainers/go-digest"

	"github.com/stagewatch/stagewatch/engine/event"
	"github.com/stagewatch/stagewatch/engine/plan"
)

// TestARunCountsForTheSolveThatReportedItsEnd: an engine that keeps a history of builds tells the next solve of it again,
// with its output. Docker Engine 26, 28 and 29 do so, 20.10 does not.
func TestARunCountsForTheSolveThatReportedItsEnd(t *testing.T) {
	p, err := plan.New(t.Context(), plan.Input{Dockerfile: []byte("FROM scratch\nCOPY a /\nCOPY b /\n"), Filename: "Dockerfile"}, plan.Offline{})
	if err != nil {
		t.Fatal(err)
	}
	bound, err := p.Bind("session")
	if err != nil {
		t.Fatal(err)
	}
	var copied digest.Digest
	for d, steps := range bound.Steps {
		if len(steps) == 1 && p.Steps[steps[0]].Index == 2 {
			copied = d
		}
	}
	all := new(runs)
	began := time.Now()
	after := func(d time.Duration) *time.Time { at := began.Add(d); return &at }
	// solve returns the states and lines of output that a solve reports, in their order.
	solve := func(vertices ...*client.Vertex) []string {
		var got []string
		track := all.track(p, nil, func(body event.Body) {
			switch e := body.(type) {
			case event.Step:
				got = append(got, string(e.State))
			case event.Output:
				got = append(got, e.Text)
			}
		})
		track.bind(bound, "session")
		for _, v := range vertices {
			v.Digest, v.Inputs = copied, []digest.Digest{"sha256:context"}
			track.update(&client.SolveStatus{Vertexes: []*client.Vertex{v}, Logs: []*client.VertexLog{{Vertex: copied, Stream: 1, Data: []byte("line\n")}}})
		}
		return got
	}
	ran := func(from, to time.Duration) *client.Vertex {
		return &client.Vertex{Started: after(from), Completed: after(to)}
	}
	for _, tt := range []struct {
		what     string
		vertices []*client.Vertex
		want     []string
	}{
		{"runs", []*client.Vertex{{Started: after(0)}, ran(0, time.Second)}, []string{"running", "line", "ran", "line"}},
		{"is told of it again", []*client.Vertex{ran(0, time.Second)}, nil},
		{"runs it anew", []*client.Vertex{ran(time.Minute, time.Minute+time.Second)}, []string{"ran", "line"}},
		{"joins a run that has not ended", []*client.Vertex{{Started: after(time.Hour)}}, []string{"running", "line"}},
		{"sees that run's end", []*client.Vertex{ran(time.Hour, time.Hour+time.Second)}, []string{"ran", "line"}},
	} {
		if got := solve(tt.vertices...); !slices.Equal(got, tt.want) {
			t.Errorf("a solve that %s: %q, want %q", tt.what, got, tt.want)
		}
	}
	for range keepRuns + 1 {
		all.begin()
	}
	if len(all.ended) > 0 {
		t.Errorf("%d runs are kept for ever", len(all.ended))
	}
}
