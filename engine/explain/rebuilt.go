package explain

import (
	"context"
	"encoding/json"
	"errors"
	"strings"

	"github.com/moby/buildkit/client/llb/sourceresolver"
	"github.com/moby/buildkit/solver/pb"
	"github.com/opencontainers/go-digest"

	"github.com/stagewatch/stagewatch/engine/event"
	"github.com/stagewatch/stagewatch/engine/plan"
	"github.com/stagewatch/stagewatch/engine/project"
)

// rebuild has the explanation count with new images in the place of some: images of other services, by name.
func (x *explanation) rebuild(ctx context.Context, images map[string]string) (err error) {
	if len(images) > 0 {
		x.rebuilt = images
		x.anew, err = x.project.Plan(ctx, rebuilding{x.tools, images}, "")
	}
	return err
}

// reads is the reason of what reads a rebuilt image.
func (x *explanation) reads() event.Reason {
	return event.Reason{Kind: event.ReasonService, Names: names(x.rebuilt)}
}

// follow turns predictions into maybes for the steps that a rebuilt image makes rerun. Others are the predictions with
// such images. Whether they are other images is not known before they are built.
func (x *explanation) follow(predictions, others []plan.Prediction) {
	for i := range predictions {
		if predictions[i].Prediction != event.WillHit || others[i].Prediction == event.WillHit {
			continue
		}
		predictions[i].Prediction, predictions[i].Reason = event.MayRerun, others[i].Reason
		if kind := others[i].Reason.Kind; kind == event.ReasonBaseImage || others[i].Reason.Step == nil {
			predictions[i].Reason = x.reads()
		}
	}
}

// rebuilding makes plans as if some images had other layers.
type rebuilding struct {
	project.Toolchain
	images map[string]string
}

func (r rebuilding) ResolveImageConfig(ctx context.Context, name string, opt sourceresolver.Opt) (string, digest.Digest, []byte, error) {
	ref, dgst, config, err := r.Toolchain.ResolveImageConfig(ctx, name, opt)
	if _, ok := r.images[familiar(name)]; err != nil || !ok {
		return ref, dgst, config, err
	}
	var image map[string]any
	if err := json.Unmarshal(config, &image); err != nil {
		return ref, dgst, config, err
	}
	image["rootfs"] = map[string]any{"type": "layers", "diff_ids": []string{digest.FromString("not built yet").String()}}
	config, err = json.Marshal(image)
	return ref, dgst, config, err
}

// ResolveSourceMetadata asks the toolchain, if it can tell.
func (r rebuilding) ResolveSourceMetadata(ctx context.Context, src *pb.SourceOp, opt sourceresolver.Opt) (*sourceresolver.MetaResponse, error) {
	if m, ok := r.Toolchain.(*online); ok {
		return m.ResolveSourceMetadata(ctx, src, opt)
	}
	return nil, errors.New("looking up " + src.GetIdentifier() + ": not possible without an engine")
}

// familiar returns an image's name as people write it, without what stands for itself.
func familiar(image string) string {
	return strings.TrimSuffix(strings.TrimPrefix(strings.TrimPrefix(image, "docker.io/"), "library/"), ":latest")
}
