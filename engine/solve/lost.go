package solve

import (
	"context"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/moby/buildkit/client"
)

// Lost reports whether BuildKit no longer has one of the results that it had before then, though it has made it again.
// The results are named as by [plan.Plan.CachedAs]. It is certain where it reports true: BuildKit before 0.9 has no
// names for results of files, and a result of another build with the same name hides the loss.
func (b *Builder) Lost(ctx context.Context, results []string, before time.Time) (bool, error) {
	var filters []string
	for _, r := range results {
		if r != "" {
			filters = append(filters, "description~="+strconv.Quote(regexp.QuoteMeta(r)))
		}
	}
	if len(filters) == 0 {
		return false, nil
	}
	held, err := b.client.DiskUsage(ctx, client.WithFilter(filters))
	if err != nil {
		return false, fmt.Errorf("reading what the build cache has: %w", Plain(err))
	}
	for _, r := range results {
		older, newer := false, false
		for _, u := range held {
			if strings.Contains(u.Description, r) {
				older = older || u.CreatedAt.Before(before)
				newer = newer || !u.CreatedAt.Before(before)
			}
		}
		if newer && !older {
			return true, nil
		}
	}
	return false, nil
}
