package dock_test

import (
	"testing"
	"time"

	"github.com/docker/docker/api/types/build"
	"github.com/docker/docker/api/types/filters"

	"github.com/stagewatch/stagewatch/engine/dock/docktest"
)

// TestAPruningIsSeen: a pruning counts from its beginning on.
func TestAPruningIsSeen(t *testing.T) {
	e := docktest.Engine(t)
	began := time.Now()
	// Nothing is older than ten years, but this is a pruning all the same.
	if _, err := e.Client.BuildCachePrune(t.Context(), build.CachePruneOptions{Filters: filters.NewArgs(filters.Arg("until", "87600h"))}); err != nil {
		t.Fatal(err)
	}
	if pruned, err := e.Pruned(t.Context(), began); err != nil || !pruned {
		t.Errorf("pruned %v, %v", pruned, err)
	}
	if pruned, err := e.Pruned(t.Context(), time.Now().Add(time.Second)); err != nil || pruned {
		t.Errorf("of later: pruned %v, %v", pruned, err)
	}
}
