// Command testfrontend is a Dockerfile frontend of its own, for stagewatch's tests: it knows INCLUDE FILE, which puts a
// file of the context in its place, and nothing else that BuildKit's own does not. It is no part of the product.
package main

import (
	"context"
	"fmt"
	"os"
	"strings"

	"github.com/containerd/platforms"
	"github.com/moby/buildkit/client/llb"
	"github.com/moby/buildkit/frontend/dockerfile/dockerfile2llb"
	"github.com/moby/buildkit/frontend/dockerui"
	"github.com/moby/buildkit/frontend/gateway/client"
	"github.com/moby/buildkit/frontend/gateway/grpcclient"
	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"
)

func main() {
	if err := grpcclient.RunFromEnvironment(context.Background(), build); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func build(ctx context.Context, c client.Client) (*client.Result, error) {
	bc, err := dockerui.NewClient(c)
	if err != nil {
		return nil, err
	}
	source, err := bc.ReadEntrypoint(ctx, "Dockerfile")
	if err != nil {
		return nil, err
	}
	dockerfile, err := include(ctx, c, string(source.Data))
	if err != nil {
		return nil, err
	}
	caps := c.BuildOpts().LLBCaps
	rb, err := bc.Build(ctx, func(ctx context.Context, p *ocispecs.Platform, _ int) (*dockerui.BuildResult, error) {
		target := platforms.DefaultSpec()
		if p != nil {
			target = *p
		}
		res, err := dockerfile2llb.Dockerfile2LLB(ctx, []byte(dockerfile), dockerfile2llb.ConvertOpt{
			Config: bc.Config, Client: bc, SourceMap: source.SourceMap, MetaResolver: c, LLBCaps: &caps,
		})
		if err != nil {
			return nil, err
		}
		def, err := res.State.Marshal(ctx, llb.WithCaps(caps), llb.Platform(target))
		if err != nil {
			return nil, err
		}
		solved, err := c.Solve(ctx, client.SolveRequest{Definition: def.ToPB()})
		if err != nil {
			return nil, err
		}
		ref, err := solved.SingleRef()
		return &dockerui.BuildResult{Reference: ref, Image: res.Image, BaseImage: res.BaseImage}, err
	})
	if err != nil {
		return nil, err
	}
	return rb.Finalize()
}

// include puts files of the context in the place of INCLUDE.
func include(ctx context.Context, c client.Client, dockerfile string) (string, error) {
	var out []string
	for line := range strings.Lines(dockerfile) {
		name, ok := strings.CutPrefix(strings.TrimSpace(line), "INCLUDE ")
		if !ok {
			out = append(out, line)
			continue
		}
		def, err := llb.Local("context", llb.FollowPaths([]string{name}), llb.SessionID(c.BuildOpts().SessionID), llb.SharedKeyHint("include")).Marshal(ctx)
		if err != nil {
			return "", err
		}
		res, err := c.Solve(ctx, client.SolveRequest{Definition: def.ToPB()})
		if err != nil {
			return "", err
		}
		ref, err := res.SingleRef()
		if err != nil {
			return "", err
		}
		text, err := ref.ReadFile(ctx, client.ReadRequest{Filename: name})
		if err != nil {
			return "", err
		}
		out = append(out, string(text))
	}
	return strings.Join(out, ""), nil
}
