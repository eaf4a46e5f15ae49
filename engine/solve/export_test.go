package solve

import (
	"context"
	"testing"

	"github.com/docker/docker/api/types/image"
	"github.com/moby/buildkit/client"
	"github.com/moby/buildkit/exporter/containerimage/exptypes"
	"github.com/moby/buildkit/session"
	"github.com/tonistiigi/fsutil"

	"github.com/stagewatch/stagewatch/engine/dock"
	"github.com/stagewatch/stagewatch/engine/event"
)

// TestAnImageIsKnownBeforeItsRecord holds the id that the progress of an export names against the engine's final answer.
func TestAnImageIsKnownBeforeItsRecord(t *testing.T) {
	b := newBench(t)
	if b.builder.lingering.fragile {
		t.Skip("this engine keeps no build history")
	}
	b.write("Dockerfile", "FROM python:3.9-alpine\nCOPY a.txt /\n")
	b.write("a.txt", "SECRET")
	fs, err := fsutil.NewFS(b.dir)
	if err != nil {
		t.Fatal(err)
	}
	files, err := dock.Files(map[string]fsutil.FS{"context": fs}, func(string, *fsutil.FilterOpt) error { return nil })
	if err != nil {
		t.Fatal(err)
	}
	req := Request{Plan: b.plan()}
	track := b.builder.runs.track(req.Plan, nil, func(event.Body) {})
	status, known := make(chan *client.SolveStatus), make(chan string, 1)
	go func() {
		known <- track.follow(status, true)
		for range status {
		}
	}()
	opt := client.SolveOpt{Exports: []client.ExportEntry{{Type: "moby"}}, SharedKey: b.dir, Session: []session.Attachable{files}, Internal: true}
	resp, err := b.builder.client.Build(t.Context(), opt, "stagewatch", b.builder.collect(track, req), status)
	if err != nil {
		t.Fatal(err)
	}
	made := resp.ExporterResponse[exptypes.ExporterImageDigestKey]
	t.Cleanup(func() {
		_, _ = b.engine.Client.ImageRemove(context.Background(), made, image.RemoveOptions{Force: true})
	})
	if got := <-known; got != made {
		t.Errorf("the progress names the image %q, and the engine made %q", got, made)
	}
}
