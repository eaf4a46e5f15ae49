package solve

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/distribution/reference"
	"github.com/moby/buildkit/client"
	"github.com/moby/buildkit/exporter/containerimage/exptypes"
	gateway "github.com/moby/buildkit/frontend/gateway/client"
	"github.com/moby/buildkit/session"
	"github.com/opencontainers/go-digest"
	"github.com/tonistiigi/fsutil"

	"github.com/stagewatch/stagewatch/engine/dock"
	"github.com/stagewatch/stagewatch/engine/tree"
)

// solve makes one attempt, and returns the image's id.
func (b *Builder) solve(ctx context.Context, req Request, track *tracker) (string, error) {
	if b.home == nil || req.NoImage {
		return b.solveThere(ctx, req, track)
	}
	track.load = b.pack(ctx, req)
	defer track.load.Close()
	if _, err := b.solveThere(ctx, req, track); err != nil {
		return "", err
	}
	return b.bring(ctx, track)
}

// solveThere leaves the image where it was built.
func (b *Builder) solveThere(ctx context.Context, req Request, track *tracker) (string, error) {
	// A build that is merely canceled may be met at the engine by the next one, which a fragile engine does not bear.
	if req.Yields || b.lingering.fragile {
		return b.yield(ctx, req, track)
	}
	return b.run(ctx, req, track, b.collect(track, req))
}

// run solves what collect returns, exports it, and returns the image's id, empty where no image is asked for; of one that comes as a
// load the id is another one at the engine. It does not wait for the record of the build in
// the engine's history, which takes the engine as long as a third of the export, and which nothing depends on.
func (b *Builder) run(ctx context.Context, req Request, track *tracker, collect gateway.BuildFunc) (string, error) {
	files, err := dock.Files(req.Contexts, func(context string, filter *fsutil.FilterOpt) error {
		if served, ok := req.Contexts[context].(*tree.FS); ok {
			served.Unfiltered(filter)
		}
		return nil
	})
	if err != nil {
		return "", err
	}
	opt := client.SolveOpt{
		SharedKey: req.SharedKey,
		Session:   append([]session.Attachable{files}, b.attachables...),
		Internal:  req.Record.Name == "",
		// They reach the history and nothing else: no frontend runs at the engine.
		FrontendAttrs:       req.Record.attrs(),
		AllowedEntitlements: req.Plan.Grants(),
		Exports:             track.exports(req),
	}
	// A solve without a record ends with its export, and so does every solve of an engine that keeps none.
	early := !opt.Internal && !b.lingering.fragile && !req.Exported && !req.NoImage
	solving, cancel := context.WithCancelCause(context.WithoutCancel(ctx))
	detach := context.AfterFunc(ctx, func() { cancel(context.Cause(ctx)) })
	status := make(chan *client.SolveStatus)
	made, tracked := make(chan string, 1), make(chan struct{})
	go func() {
		defer close(tracked)
		if image := track.follow(status, early); image != "" {
			made <- image
		}
		for range status {
		}
	}()
	var resp *client.SolveResponse
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		defer cancel(nil)
		resp, err = b.client.Build(solving, opt, "stagewatch", collect, status)
	}()
	select {
	case image := <-made:
		detach()
		b.lingering.add(track, nil)
		go func() {
			<-ended
			b.lingering.remove(track)
		}()
		b.noteSent(track, req, false)
		return image, nil
	case <-ended:
	}
	<-tracked
	b.noteSent(track, req, err != nil)
	if err != nil {
		return "", err
	}
	track.exportedAs = resp.ExporterResponse
	image := resp.ExporterResponse[exptypes.ExporterImageDigestKey]
	if image == "" && !req.NoImage {
		return "", errors.New("building: the engine's BuildKit returned no image; it may lack the \"moby\" exporter")
	}
	return image, nil
}

// follow takes in the progress of a solve until that ends. Early makes it return as soon as the image is exported, with
// the image's id or, where it has come as a load, with anything.
func (t *tracker) follow(status <-chan *client.SolveStatus, early bool) (image string) {
	var arrived <-chan struct{}
	for {
		var s *client.SolveStatus
		select {
		case next, ok := <-status:
			if !ok {
				return ""
			}
			s = next
		case <-arrived:
			return "home"
		}
		t.update(s)
		if !early {
			continue
		}
		if t.load != nil {
			// All steps were reported before the export began.
			if t.exporting(s) {
				arrived = t.load.Arrived
			}
			continue
		}
		done := false
		if image, done = t.exported(image, s); done && image != "" {
			return image
		}
	}
}

// export is the vertex of a solve's export.
func (t *tracker) export() digest.Digest {
	return digest.FromString(fmt.Sprint(t.session, "-export-0"))
}

// exporting reports whether the export was reported to have begun.
func (t *tracker) exporting(s *client.SolveStatus) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return slices.ContainsFunc(s.Vertexes, func(v *client.Vertex) bool { return v.Digest == t.export() && v.Started != nil })
}

// exported returns the id of the exported image once that was reported, image until then, and whether the export has
// succeeded. An engine that reports it in other words is taken at its final answer.
func (t *tracker) exported(image string, s *client.SolveStatus) (id string, done bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	exporter := t.export()
	for _, st := range s.Statuses {
		if st.Vertex == exporter && st.Completed != nil {
			// The first is said of the containerd store, the second of the engine's own.
			for _, before := range []string{"naming to moby-dangling@", "writing image "} {
				if id, ok := strings.CutPrefix(st.ID, before); ok {
					image = id
				}
			}
		}
	}
	for _, v := range s.Vertexes {
		done = done || v.Digest == exporter && v.Completed != nil && v.Error == ""
	}
	return image, done
}

// Name gives the image of a build that was made without names its names.
func (b *Builder) Name(ctx context.Context, res *Result, tags []string) error {
	names, err := b.engine.Name(ctx, res.Image, tags)
	if err != nil {
		return err
	}
	res.Tags, res.Exported = names, withNames(res.Exported, names)
	return nil
}

// withNames adds to the engine's own words on an image the names that it got after its export, as the engine says them where
// it exports an image under its names: the containerd store, which alone has a descriptor, completes them.
func withNames(exported map[string]string, tags []string) map[string]string {
	if exported == nil || len(tags) == 0 {
		return exported
	}
	var names []string
	for _, tag := range tags {
		ref, err := reference.ParseNormalizedNamed(tag)
		if err != nil {
			continue
		}
		if _, completed := exported[exptypes.ExporterImageDescriptorKey]; completed {
			ref = reference.TagNameOnly(ref)
		}
		names = append(names, ref.String())
	}
	exported = maps.Clone(exported)
	exported[exptypes.ExporterImageNameKey] = strings.Join(names, ",")
	return exported
}
