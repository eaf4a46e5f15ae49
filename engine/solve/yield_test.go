package solve

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/docker/docker/api/types/filters"
	"github.com/docker/docker/api/types/image"
	"github.com/tonistiigi/fsutil"

	"github.com/stagewatch/stagewatch/engine/event"
)

// TestABuildThatGivesWay: whenever it has to yield, the next build is not affected, and the engine ends it in the end.
func TestABuildThatGivesWay(t *testing.T) {
	b := newBench(t)
	yielded := errors.New("yielded")
	for after := 0; after < 8; after += 2 {
		// The last step makes a layer that takes long to write.
		b.write("Dockerfile", "FROM python:3.9-alpine AS one\nCOPY file /file\nRUN cp /file /copy\nFROM python:3.9-alpine\nCOPY --from=one /copy /copy\nCOPY file /file\nRUN head -c 50000000 /dev/zero > /large; cat /file >> /large\n")
		b.write("file", fmt.Sprint("SECRET", after))
		p := b.plan()
		fs, err := fsutil.NewFS(b.dir)
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancelCause(t.Context())
		seen := 0
		res, err := b.builder.Build(ctx, Request{Plan: p, Contexts: map[string]fsutil.FS{"context": fs}, Yields: true, Emit: func(e event.Body) {
			if s, ok := e.(event.Step); ok && s.State != event.Hit {
				if seen++; seen > after {
					cancel(yielded)
				}
			}
		}})
		cancel(yielded)
		switch {
		case err == nil:
			b.remove(res.Image)
		case !errors.Is(err, yielded):
			t.Errorf("after %d: %v", after, err)
		}
		b.write("file", fmt.Sprint("SECRET next ", after))
		if fs, err = fsutil.NewFS(b.dir); err != nil {
			t.Fatal(err)
		}
		next, err := b.builder.Build(t.Context(), Request{Plan: p, Contexts: map[string]fsutil.FS{"context": fs}, Emit: func(event.Body) {}})
		if err != nil {
			t.Fatalf("after %d: the next one failed: %v", after, err)
		}
		b.remove(next.Image)
		if next.Ran != 5 {
			t.Errorf("after %d: %d of 5 steps ran of the next one", after, next.Ran)
		}
	}
	quiet, stop := context.WithTimeout(t.Context(), time.Minute)
	defer stop()
	if err := b.builder.Quiet(quiet); err != nil {
		t.Errorf("the engine is not done with what gave way: %v", err)
	}
	if len(b.builder.lingering.builds) > 0 {
		t.Error("what gave way is not forgotten")
	}
	// If the engine finished it all the same, the image has no name but the test's label.
	left, err := b.engine.Images(t.Context(), image.ListOptions{Filters: filters.NewArgs(filters.Arg("label", "stagewatch-test="+t.Name()))})
	if err != nil {
		t.Fatal(err)
	}
	for _, i := range left {
		b.remove(i.ID)
	}
}

func (b *bench) remove(id string) {
	b.t.Cleanup(func() {
		_, _ = b.engine.Client.ImageRemove(context.Background(), id, image.RemoveOptions{Force: true, PruneChildren: true})
	})
}
