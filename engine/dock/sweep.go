package dock

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/containerd/errdefs"
	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/api/types/filters"
	"github.com/docker/docker/api/types/image"
	"github.com/gofrs/flock"

	"github.com/stagewatch/stagewatch/engine/state"
)

// Swept counts what was removed.
type Swept struct {
	Containers int
	Images     int
}

// Clean removes everything that the session made on the engine: its containers with their anonymous volumes, and its
// images. An image with a name that the session did not record with OwnTag stays:
// somebody asked for that name. Clean removes what it can, and joins the errors.
func (e *Engine) Clean(ctx context.Context, s *Session) (Swept, error) {
	return e.remove(ctx, s.ID, s.record.Tags)
}

// Sweep removes what dead sessions left on the engine: sessions of this machine and user whose lock is free. It never
// touches a living session's things, nor those of a machine whose locks it can't see.
func (e *Engine) Sweep(ctx context.Context, s *Session) (Swept, error) {
	if s.lock == nil {
		return Swept{}, nil
	}
	house, _, _ := parseID(s.ID)
	ids, err := e.labelled(ctx)
	if err != nil {
		return Swept{}, err
	}
	// A dead session that left nothing on the engine may have left its lock file.
	entries, err := os.ReadDir(s.dir)
	if err != nil {
		return Swept{}, fmt.Errorf("reading the session locks: %w", err)
	}
	for _, entry := range entries {
		ids = append(ids, entry.Name())
	}
	slices.Sort(ids)

	var total Swept
	var errs []error
	for _, id := range slices.Compact(ids) {
		if of, _, ok := parseID(id); !ok || of != house || id == s.ID {
			continue
		}
		swept, err := e.bury(ctx, s.dir, id)
		total.Containers += swept.Containers
		total.Images += swept.Images
		errs = append(errs, err)
	}
	return total, errors.Join(errs...)
}

// bury removes what a session left, if the session is dead.
func (e *Engine) bury(ctx context.Context, dir, id string) (Swept, error) {
	path := filepath.Join(dir, id)
	_, pid, _ := parseID(id)
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		// The session ended without a clean-up, or the cache folder was emptied while it lives.
		if alive(pid) {
			return Swept{}, nil
		}
		return e.remove(ctx, id, nil)
	}
	if state.Regular(path) != nil {
		// This is not a lock of ours, and opening a pipe would block for ever.
		return Swept{}, nil
	}
	// Without O_CREATE, so that a lock that was removed meanwhile does not come back.
	lock := flock.New(path, flock.SetFlag(os.O_RDONLY))
	locked, err := lock.TryLock()
	if err != nil || !locked {
		// It is held, or its state is unknown. In both cases it is left alone.
		return Swept{}, nil
	}
	defer lock.Close()
	var left record
	if data, err := state.Read(path + recordSuffix); err != nil || json.Unmarshal(data, &left) != nil {
		// A session that is just beginning has not written its record yet.
		if alive(pid) {
			return Swept{}, nil
		}
		left.Host = e.Host
	}
	swept, err := e.remove(ctx, id, left.Tags)
	if err != nil || left.Host != e.Host {
		// The session may have left things on another engine that it used.
		return swept, err
	}
	return swept, removeLock(path)
}

// labelled returns the values of our label on the engine.
func (e *Engine) labelled(ctx context.Context) ([]string, error) {
	containers, err := e.Client.ContainerList(ctx, container.ListOptions{All: true, Filters: filters.NewArgs(filters.Arg("label", ContainerLabel))})
	if err != nil {
		return nil, fmt.Errorf("listing our containers: %w", err)
	}
	images, err := e.Images(ctx, image.ListOptions{Filters: filters.NewArgs(filters.Arg("label", Label))})
	if err != nil {
		return nil, fmt.Errorf("listing our images: %w", err)
	}
	var ids []string
	for _, c := range containers {
		ids = append(ids, c.Labels[ContainerLabel])
	}
	for _, i := range images {
		ids = append(ids, i.Labels[Label])
	}
	return ids, nil
}

// remove removes a session's containers and images.
func (e *Engine) remove(ctx context.Context, id string, ownTags []string) (Swept, error) {
	var swept Swept
	var errs []error
	started := filters.NewArgs(filters.Arg("label", ContainerLabel+"="+id))
	containers, err := e.Client.ContainerList(ctx, container.ListOptions{All: true, Filters: started})
	if err != nil {
		return swept, fmt.Errorf("listing the containers of session %s: %w", id, err)
	}
	for _, c := range containers {
		err := e.Client.ContainerRemove(ctx, c.ID, container.RemoveOptions{Force: true, RemoveVolumes: true})
		switch {
		case err == nil:
			swept.Containers++
		case !gone(err):
			errs = append(errs, fmt.Errorf("removing container %.12s: %w", c.ID, err))
		}
	}
	images, err := e.Images(ctx, image.ListOptions{Filters: filters.NewArgs(filters.Arg("label", Label+"="+id))})
	if err != nil {
		return swept, errors.Join(append(errs, fmt.Errorf("listing the images of session %s: %w", id, err))...)
	}
	for _, i := range images {
		removed, err := e.removeImage(ctx, i.ID, i.RepoTags, ownTags)
		if removed {
			swept.Images++
		}
		errs = append(errs, err)
	}
	return swept, errors.Join(errs...)
}

// removeImage removes an image of ours if all its names are own ones, and else only those names. It never forces the
// removal: an image that a user's container or another image is based on stays.
func (e *Engine) removeImage(ctx context.Context, id string, tags, ownTags []string) (bool, error) {
	named := false
	var own []string
	for _, tag := range tags {
		switch {
		case slices.Contains(ownTags, tag):
			own = append(own, tag)
		case tag != "<none>:<none>":
			named = true
		}
	}
	for _, tag := range own {
		// The name may belong to another image since the list was made.
		if now, err := e.Client.ImageInspect(ctx, tag); err != nil || now.ID != id {
			continue
		}
		// With its last name the image is removed, too.
		if _, err := e.Client.ImageRemove(ctx, tag, image.RemoveOptions{}); err != nil && !gone(err) && !inUse(err) {
			return false, fmt.Errorf("removing the name %s: %w", tag, err)
		}
	}
	if named {
		return false, nil
	}
	_, err := e.Client.ImageRemove(ctx, id, image.RemoveOptions{})
	switch {
	case err == nil, gone(err):
		return true, nil
	case inUse(err):
		return false, nil
	}
	return false, fmt.Errorf("removing image %.19s: %w", id, err)
}

// gone reports whether another program removed it or is removing it just now.
func gone(err error) bool {
	return errdefs.IsNotFound(err) || errdefs.IsConflict(err) && strings.Contains(err.Error(), "already in progress")
}

// inUse reports whether a container or another image is based on it.
func inUse(err error) bool { return errdefs.IsConflict(err) && !gone(err) }
