package solve

import (
	"context"
	"path"
	"regexp"
	"strings"

	gateway "github.com/moby/buildkit/frontend/gateway/client"
)

// absentPath matches how engines report that a step reads a path that does not exist.
var absentPath = regexp.MustCompile(`^(?:"(/[^"]*)":? not found|lstat (.+): no such file or directory|no source files were specified)`)

// AbsentPath reports whether a message says that a step reads a path that does not exist. It returns the path, or "" if
// the message does not name it.
func AbsentPath(message string) (string, bool) {
	said := absentPath.FindStringSubmatch(message)
	if said == nil {
		return "", false
	}
	return said[1] + said[2], true
}

// absent finds the first missing path among those that a step reads from a stage or an image, and what is like it: a
// path, or a folder on the way. Both are empty if nothing is missing, or if the result of the stage can't be read.
func (b *Builder) absent(ctx context.Context, req Request, step int) (missing, like string) {
	for _, r := range req.Plan.ReadsOf(step) {
		// After an error the engine's own message stays as it is.
		_ = b.askOf(ctx, req.Plan, req.Contexts, func(ctx context.Context, g gateway.Client) error {
			bound, err := req.Plan.BindEach(b.Binding(req.Contexts, g.BuildOpts().SessionID))
			if err != nil {
				return err
			}
			ref, err := upTo(ctx, g, bound, r.Op)
			if err != nil {
				return err
			}
			for _, p := range r.Paths {
				found, ok, err := Follow(p, lister(ctx, ref))
				if err != nil {
					return err
				}
				if !ok || found != p {
					missing = path.Join("/", p)
					if ok || !strings.HasPrefix(p+"/", found+"/") && found != "" {
						like = path.Join("/", found)
					}
					return nil
				}
			}
			return nil
		})
		if missing != "" {
			break
		}
	}
	return missing, like
}

// lister returns a function that lists the folders of a result, nil for an empty one.
func lister(ctx context.Context, ref gateway.Reference) func(dir string) ([]string, error) {
	return func(dir string) ([]string, error) {
		if ref == nil {
			return nil, nil
		}
		stats, err := ref.ReadDir(ctx, gateway.ReadDirRequest{Path: path.Join("/", dir)})
		if err != nil {
			return nil, err
		}
		var names []string
		for _, s := range stats {
			names = append(names, path.Base(s.Path))
		}
		return names, nil
	}
}
