package solve

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/docker/docker/api/types/filters"
	"github.com/docker/docker/api/types/image"
	"github.com/google/go-cmp/cmp"
	"github.com/tonistiigi/fsutil"

	"github.com/stagewatch/stagewatch/engine/event"
	"github.com/stagewatch/stagewatch/engine/plan"
)

// solved is the outcome of one build.
type solved struct {
	*Result
	printed []string
}

func (b *bench) solve(ctx context.Context, by *Builder, p *plan.Plan, noCache bool) (solved, error) {
	fs, err := fsutil.NewFS(b.dir)
	if err != nil {
		return solved{}, err
	}
	var s solved
	s.Result, err = by.Build(ctx, Request{Plan: p, Contexts: map[string]fsutil.FS{"context": fs}, NoCache: noCache, Emit: func(e event.Body) {
		if o, ok := e.(event.Output); ok {
			s.printed = append(s.printed, o.Text)
		}
	}})
	if err == nil {
		b.remove(s.Image)
	}
	return s, err
}

// TestWithoutTheCacheBesideWithIt: two sessions build the same steps at the same time, one without the cache and one
// with it, and every second build is superseded. Neither affects the other, and what was made last is in the cache.
// `make soak` runs it for longer.
func TestWithoutTheCacheBesideWithIt(t *testing.T) {
	soak, _ := time.ParseDuration(os.Getenv("SOAK_FOR"))
	end := time.Now().Add(soak)
	b := newBench(t)
	b.write("Dockerfile", "FROM python:3.9-alpine AS one\nWORKDIR /app\nRUN echo SECRET; sleep 0.2\nCOPY file .\nRUN sleep 0.1\nFROM python:3.9-alpine\nCOPY --from=one /app /app\nLABEL made-by=SECRET\n")
	b.write("file", "SECRET")
	// The engine may have finished one that was superseded.
	t.Cleanup(func() {
		made, err := b.engine.Images(context.Background(), image.ListOptions{All: true, Filters: filters.NewArgs(filters.Arg("label", "made-by="+b.secret))})
		if err != nil {
			t.Error(err)
		}
		for _, i := range made {
			b.remove(i.ID)
		}
	})
	other, err := New(t.Context(), b.engine)
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	p := b.plan()
	for round := 0; round < 4 || time.Now().Before(end); round++ {
		done := make(chan struct{})
		var beside sync.WaitGroup
		beside.Go(func() {
			for n := 0; !closed(done) && !t.Failed(); n++ {
				ctx, supersede := context.WithCancel(t.Context())
				if n%2 == 1 {
					time.AfterFunc(rand.N(500*time.Millisecond), supersede)
				}
				if _, err := b.solve(ctx, other, p, false); err != nil && ctx.Err() == nil {
					t.Error(err)
				}
				supersede()
			}
		})
		s, err := b.solve(t.Context(), b.builder, p, true)
		if err != nil {
			t.Error(err)
		} else if s.Ran != 5 {
			t.Errorf("%d of 5 steps ran without the cache", s.Ran)
		}
		close(done)
		beside.Wait()
		// BuildKit gives a build without the cache what another one without it made, for as long as a third one needs that.
		if err := other.Quiet(t.Context()); err != nil || t.Failed() {
			t.Fatal(err)
		}
	}
	if s, err := b.solve(t.Context(), b.builder, p, false); err != nil || s.Ran != 0 {
		t.Errorf("%d steps ran that were just made, %v", s.Ran, err)
	}
}

func closed(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}

// TestWithoutTheCacheMakesTheSame: a step can't find out how it is built, and the image does not show it.
func TestWithoutTheCacheMakesTheSame(t *testing.T) {
	b := newBench(t)
	b.write("Dockerfile", "FROM python:3.9-alpine\nENV UNIQUE=SECRET\nRUN env | sort; echo $0 $@; cat /proc/mounts | cut -d ' ' -f 2,3; rm -rf /tmp/*\nLABEL a=b\nCMD [\"true\"]\n")
	p := b.plan()
	with, err := b.solve(t.Context(), b.builder, p, false)
	without, err2 := b.solve(t.Context(), b.builder, p, true)
	if err := errors.Join(err, err2); err != nil {
		t.Fatal(err)
	}
	if !slices.ContainsFunc(with.printed, func(l string) bool { return strings.HasPrefix(l, "PATH=") }) {
		t.Fatalf("printed was %q", with.printed)
	}
	if diff := cmp.Diff(with.printed, without.printed); diff != "" {
		t.Error("a step saw something else:", diff)
	}
	var shown []string
	for _, id := range []string{with.Image, without.Image} {
		seen, err := b.engine.Client.ImageInspect(t.Context(), id)
		if err != nil {
			t.Fatal(err)
		}
		shown = append(shown, fmt.Sprintf("%+v %v %d", seen.Config, seen.Os, len(seen.RootFS.Layers)))
	}
	if diff := cmp.Diff(shown[0], shown[1]); diff != "" {
		t.Error("the images differ:", diff)
	}
}
