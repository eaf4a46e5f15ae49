package dock_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/docker/docker/api/types/image"

	"github.com/stagewatch/stagewatch/engine/dock/docktest"
)

// TestOneNameForManyImages: several sessions give their images the same name at the same moment, as those of folders of one
// name do. Each succeeds, and one of them has the name in the end.
func TestOneNameForManyImages(t *testing.T) {
	e := docktest.Engine(t)
	name := fmt.Sprint("stagewatch-test-name:", time.Now().UnixNano())
	t.Cleanup(func() { _, _ = e.Client.ImageRemove(context.Background(), name, image.RemoveOptions{}) })
	var namers sync.WaitGroup
	for n := range 6 {
		of := []string{"python:3.9-slim", "python:3.9-alpine"}[n%2]
		namers.Go(func() {
			for range 5 {
				if _, err := e.Name(t.Context(), of, []string{name}); err != nil {
					t.Error(err)
				}
			}
		})
	}
	namers.Wait()
	if _, err := e.Client.ImageInspect(t.Context(), name); err != nil {
		t.Error(err)
	}
}
