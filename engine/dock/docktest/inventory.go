package docktest

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	contentapi "github.com/containerd/containerd/api/services/content/v1"
	leasesapi "github.com/containerd/containerd/api/services/leases/v1"
	namespacesapi "github.com/containerd/containerd/api/services/namespaces/v1"
	"github.com/containerd/containerd/v2/pkg/namespaces"
	"github.com/docker/docker/api/types"
	"github.com/docker/docker/api/types/build"
	"github.com/docker/docker/api/types/image"
	"github.com/docker/docker/api/types/network"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/status"

	"github.com/stagewatch/stagewatch/engine/dock"
)

// Inventory lists what the engine keeps, a line each: containers, images by all that they are called, volumes, networks and
// the bytes of all layers; then the blobs and leases of its containerd. It prunes the whole build cache first, which people
// keep on purpose and which holds blobs, too.
func (p *Private) Inventory() string {
	p.t.Helper()
	ctx, cli := context.Background(), p.Engine.Client
	check := func(err error) {
		p.t.Helper()
		if err != nil {
			p.t.Fatalf("taking an inventory: %v", err)
		}
	}
	_, err := cli.BuildCachePrune(ctx, build.CachePruneOptions{All: true})
	check(err)
	var lines []string
	used, err := DiskUsage(ctx, p.Engine, types.DiskUsageOptions{})
	check(err)
	for _, c := range used.Containers {
		lines = append(lines, fmt.Sprint("container ", c.Names, " ", c.Status))
	}
	for _, v := range used.Volumes {
		lines = append(lines, "volume "+v.Name)
	}
	for _, c := range used.BuildCache {
		lines = append(lines, "build cache "+c.Description)
	}
	images, err := p.Engine.Images(ctx, image.ListOptions{All: true})
	check(err)
	for _, i := range images {
		lines = append(lines, fmt.Sprint("image ", i.ID, i.RepoTags, i.RepoDigests, " in use by ", max(0, i.Containers)))
	}
	networks, err := cli.NetworkList(ctx, network.ListOptions{})
	check(err)
	for _, n := range networks {
		lines = append(lines, "network "+n.Name)
	}
	held, err := p.held(ctx)
	check(err)
	lines = append(lines, held...)
	slices.Sort(lines)
	return fmt.Sprintf("%d bytes of layers\n%s", used.LayersSize, strings.Join(lines, "\n"))
}

// DiskUsage is what `docker system df` asks for. On the containerd store that fails where a snapshot, whoever's it is, is removed
// meanwhile, be it of a container that goes or by the collection of garbage; then it is asked for again.
func DiskUsage(ctx context.Context, engine *dock.Engine, options types.DiskUsageOptions) (types.DiskUsage, error) {
	const attempts = 100
	for attempt := 1; ; attempt++ {
		used, err := engine.Client.DiskUsage(ctx, options)
		if err == nil || attempt == attempts || !strings.Contains(err.Error(), "not found") {
			return used, err
		}
	}
}

// held lists the blobs and leases of the containerd of an engine on which nothing goes on. Those of the build history are
// in a namespace of their own, and are the history's business.
func (p *Private) held(ctx context.Context) ([]string, error) {
	conn, err := grpc.NewClient("unix://"+filepath.Join(p.runtime, "exec/containerd/containerd.sock"), grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	spaces, err := namespacesapi.NewNamespacesClient(conn).List(ctx, &namespacesapi.ListNamespacesRequest{})
	if err != nil {
		return nil, err
	}
	var lines []string
	for _, space := range spaces.GetNamespaces() {
		if strings.HasSuffix(space.GetName(), "_history") {
			continue
		}
		in := namespaces.WithNamespace(ctx, space.GetName())
		holding := leasesapi.NewLeasesClient(conn)
		leases, err := holding.List(in, &leasesapi.ListRequest{})
		if err != nil {
			return nil, err
		}
		for _, lease := range leases.GetLeases() {
			if lease.GetLabels()["containerd.io/gc.expire"] != "" {
				// What an engine was at when it stopped, or when a solve was canceled in the middle of its export. It and what it
				// holds would go by themselves, an hour later.
				if _, err := holding.Delete(in, &leasesapi.DeleteRequest{ID: lease.GetID(), Sync: true}); err != nil && status.Code(err) != codes.NotFound {
					return nil, err
				}
				continue
			}
			lines = append(lines, fmt.Sprint("lease ", lease.GetID(), lease.GetLabels()))
		}
		blobs, err := contentapi.NewContentClient(conn).List(in, &contentapi.ListContentRequest{})
		if err != nil {
			return nil, err
		}
		for some, err := blobs.Recv(); err == nil; some, err = blobs.Recv() {
			for _, blob := range some.GetInfo() {
				lines = append(lines, "blob "+blob.GetDigest())
			}
		}
	}
	return lines, nil
}
