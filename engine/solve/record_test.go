package solve

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/moby/buildkit/client"
	"github.com/moby/buildkit/client/llb/sourceresolver"
	gateway "github.com/moby/buildkit/frontend/gateway/client"
	"github.com/opencontainers/go-digest"
	"github.com/tonistiigi/fsutil"

	"github.com/stagewatch/stagewatch/engine/event"
	"github.com/stagewatch/stagewatch/engine/plan"
)

var update = flag.Bool("update", false, "record BuildKit's streams and what they come to anew, on a real engine")

// recording is a solve as BuildKit reported it, with all that is needed to plan it again without an engine.
type recording struct {
	Dockerfile string
	Session    string
	Images     map[string]recordedImage
	Status     []*client.SolveStatus
	// Error is the error that the solve failed with; Canceled says that it was canceled.
	Error    string
	Canceled bool
}

type recordedImage struct {
	Ref    string
	Digest digest.Digest
	Config json.RawMessage
}

// ResolveImageConfig answers as the engine did.
func (r *recording) ResolveImageConfig(_ context.Context, ref string, _ sourceresolver.Opt) (string, digest.Digest, []byte, error) {
	img, ok := r.Images[ref]
	if !ok {
		return "", "", nil, fmt.Errorf("%s was not recorded", ref)
	}
	return img.Ref, img.Digest, img.Config, nil
}

// recorder records what the engine answers.
type recorder struct {
	*Builder
	*recording
}

func (r recorder) ResolveImageConfig(ctx context.Context, ref string, opt sourceresolver.Opt) (string, digest.Digest, []byte, error) {
	got, dgst, config, err := r.Builder.ResolveImageConfig(ctx, ref, opt)
	if err == nil {
		r.Images[ref] = recordedImage{got, dgst, config}
	}
	return got, dgst, config, err
}

const recordedDockerfile = `FROM python:3.9-alpine AS build
WORKDIR /recorded
COPY requirements.txt .
RUN echo installing SECRET
COPY main.txt .

FROM python:3.9-alpine
COPY --from=build /recorded /recorded
`

// TestStreams replays recorded solves into events.
func TestStreams(t *testing.T) {
	failing := recordedDockerfile + "RUN echo SECRET; exit 3\nRUN echo never\n"
	endless := recordedDockerfile + "RUN echo endless SECRET; sleep 600\n"
	// warm is the same solve as cold, a second time.
	cold := recordedDockerfile
	for _, tt := range []struct {
		name, dockerfile string
		again            bool
	}{{"cold", cold, false}, {"warm", cold, true}, {"failing", failing, false}, {"canceled", endless, false}} {
		t.Run(tt.name, func(t *testing.T) {
			file := filepath.Join("testdata", tt.name+".json")
			if *update {
				record(t, file, tt.dockerfile, tt.again, tt.name == "canceled")
			}
			got := load(t, file).replay(t)
			golden := filepath.Join("testdata", tt.name+".txt")
			if *update {
				if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// TestCanceledWithAnotherSolve replays solves that shared a vertex with one that was canceled: BuildKit reports the
// cancellation to them, starts the vertex again, and repeats the old error in all that it reports of it later.
func TestCanceledWithAnotherSolve(t *testing.T) {
	for name, shared := range map[string]string{"failing": "[build 1/5] FROM", "cold": "[build 4/5] RUN", "warm": "["} {
		t.Run(name, func(t *testing.T) {
			file := filepath.Join("testdata", name+".json")
			want := lastStates(load(t, file).replay(t))
			r := load(t, file)
			var late client.SolveStatus
			for n, s := range r.Status {
				for _, v := range s.Vertexes {
					if !strings.HasPrefix(v.Name, shared) || v.Started == nil {
						continue
					}
					before := *v
					began, ended := v.Started.Add(-2*time.Millisecond), v.Started.Add(-time.Millisecond)
					before.Started, before.Completed, before.Error, before.Cached = &began, &ended, "context canceled", false
					r.Status[n].Vertexes = append([]*client.Vertex{&before}, r.Status[n].Vertexes...)
					v.Error = before.Error
					late.Vertexes = append(late.Vertexes, &before)
				}
			}
			r.Status = append(r.Status, &late)
			if diff := cmp.Diff(want, lastStates(r.replay(t))); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// lastStates returns the last state of each step of a replayed solve.
func lastStates(events string) map[string]string {
	last := map[string]string{}
	for line := range strings.Lines(events) {
		if step, state, ok := strings.Cut(line, " :"); ok {
			last[step] = state
		}
	}
	return last
}

func load(t *testing.T, file string) *recording {
	t.Helper()
	var r recording
	dt, err := os.ReadFile(file)
	if err == nil {
		err = json.Unmarshal(dt, &r)
	}
	if err != nil {
		t.Fatal(err)
	}
	return &r
}

// replay returns the events of a recorded solve, one on each line, without the times.
func (r *recording) replay(t *testing.T) string {
	p, err := plan.New(t.Context(), plan.Input{Dockerfile: []byte(r.Dockerfile), Filename: "Dockerfile"}, r)
	if err != nil {
		t.Fatal(err)
	}
	return r.track(t, p)
}

// track returns the events for the plan's steps when BuildKit reports what was recorded.
func (r *recording) track(t *testing.T, p *plan.Plan) string {
	bound, err := p.Bind(r.Session)
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	track := new(runs).track(p, nil, func(body event.Body) {
		switch e := body.(type) {
		case event.Step:
			fmt.Fprintf(&b, "%s %d/%d :%d %s\n", e.Stage, e.Index, e.Total, e.Line, e.State)
		case event.Output:
			fmt.Fprintf(&b, "%s %d %s: %s\n", e.Stage, e.Index, e.Stream, e.Text)
		}
	})
	track.bind(bound, r.Session)
	for _, s := range r.Status {
		track.update(s)
	}
	b.WriteString("—\n")
	switch {
	case r.Canceled:
		track.finish(context.Canceled, true)
	case r.Error != "":
		blame := track.finish(errors.New(r.Error), false)
		fmt.Fprintf(&b, "blamed: %s\n", p.Steps[blame].ID())
	default:
		track.finish(nil, false)
	}
	res := track.result()
	ids := slices.Collect(maps.Keys(res.Times))
	fmt.Fprintf(&b, "%d hits, %d ran of %d steps; %d times\n", res.Hits, res.Ran, len(p.Steps), len(ids))
	return b.String()
}

// record solves on the engine and records the stream.
func record(t *testing.T, file, dockerfile string, again, cancel bool) {
	b := newBench(t)
	b.secret = "recorded"
	if again {
		// The recording of cold has filled the cache that this one uses.
		b.secret = lastSecret
	} else {
		b.secret = fmt.Sprint("recorded-", digest.FromString(t.TempDir())[7:19])
		lastSecret = b.secret
	}
	b.write("requirements.txt", "one SECRET")
	b.write("main.txt", "two SECRET")
	r := &recording{Dockerfile: strings.ReplaceAll(dockerfile, "SECRET", b.secret), Images: map[string]recordedImage{}}
	p, err := plan.New(t.Context(), plan.Input{Dockerfile: []byte(r.Dockerfile), Filename: "Dockerfile"}, recorder{b.builder, r})
	if err != nil {
		t.Fatal(err)
	}
	r.solve(t, b, p, cancel)
	dt, err := json.MarshalIndent(r, "", " ")
	if err == nil {
		err = os.MkdirAll("testdata", 0o755)
	}
	if err == nil {
		err = os.WriteFile(file, append(dt, '\n'), 0o644)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// solve solves the plan on the engine, and records what BuildKit reports.
func (r *recording) solve(t *testing.T, b *bench, p *plan.Plan, cancel bool) {
	dir, err := fsutil.NewFS(b.dir)
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	status := make(chan *client.SolveStatus)
	kept := make(chan struct{})
	go func() {
		defer close(kept)
		for s := range status {
			r.Status = append(r.Status, s)
			for _, l := range s.Logs {
				if cancel && bytes.Contains(l.Data, []byte("endless")) {
					stop()
				}
			}
		}
	}()
	_, err = b.builder.client.Build(ctx, client.SolveOpt{LocalMounts: map[string]fsutil.FS{"context": dir}}, "stagewatch", func(ctx context.Context, g gateway.Client) (*gateway.Result, error) {
		r.Session = g.BuildOpts().SessionID
		bound, err := p.Bind(r.Session)
		if err != nil {
			return nil, err
		}
		return g.Solve(ctx, gateway.SolveRequest{Definition: bound.Definition})
	}, status)
	<-kept
	if r.Canceled = ctx.Err() != nil; !r.Canceled && err != nil {
		r.Error = err.Error()
	}
}

// lastSecret is the secret of the newest recording of this run.
var lastSecret string
