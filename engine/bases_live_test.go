package engine

import (
	"bytes"
	"io"
	"testing"

	"github.com/docker/docker/api/types/build"
	"github.com/docker/docker/api/types/filters"

	"github.com/stagewatch/stagewatch/engine/config"
	"github.com/stagewatch/stagewatch/engine/dock/docktest"
	"github.com/stagewatch/stagewatch/engine/event"
)

// TestBasesThatAreLoadedAgain after all images and the cache were pruned are built on, the same ones and others of their
// names.
func TestBasesThatAreLoadedAgain(t *testing.T) {
	l, p := onPrivate(t, "")
	cli := p.Engine.Client
	saved, err := cli.ImageSave(t.Context(), []string{"base"})
	if err != nil {
		t.Fatal(err)
	}
	archive, err := io.ReadAll(saved)
	saved.Close()
	if err != nil {
		t.Fatal(err)
	}
	prune := func() {
		t.Helper()
		if _, err := cli.ImagesPrune(t.Context(), filters.NewArgs(filters.Arg("dangling", "false"))); err != nil {
			t.Fatal(err)
		}
		if _, err := cli.BuildCachePrune(t.Context(), build.CachePruneOptions{All: true}); err != nil {
			t.Fatal(err)
		}
	}
	l.start(config.Config{})
	first, _ := await[event.Serving](l, nil)
	url := first.URL + "/file/page.txt"
	await[event.Ledger](l, nil)
	prune()
	loaded, err := cli.ImageLoad(t.Context(), bytes.NewReader(archive))
	if err != nil {
		t.Fatal(err)
	}
	_, _ = io.Copy(io.Discard, loaded.Body)
	loaded.Body.Close()
	l.write("page.txt", "two")
	l.serves(url, "two")
	if n := l.count("failed"); n > 0 {
		t.Errorf("%d builds failed", n)
	}
	await[event.Ledger](l, nil)

	prune()
	other := docktest.Image(t, p.Engine, docktest.Session(t, p.Engine), "ENV OTHER=1")
	if err := cli.ImageTag(t.Context(), other, "base"); err != nil {
		t.Fatal(err)
	}
	l.write("page.txt", "three")
	l.serves(url, "three")
}
