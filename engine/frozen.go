package engine

import (
	"context"
	"errors"
	"io/fs"
	"strings"
	"time"

	"github.com/tonistiigi/fsutil"
)

// errMoved ends a solve in the background that would have built an edit before the build that is for it: that
// build would then find its own steps in the cache, and nobody would have seen them run.
var errMoved = errors.New("the context has just changed")

// frozen is a local context as long as it is what the loop knows of it.
type frozen struct {
	fsutil.FS
	folder *folder
}

// Walk fails with errMoved at the first file that was written to since the loop last looked.
func (f frozen) Walk(ctx context.Context, target string, fn fs.WalkDirFunc) error {
	snap, rules := f.folder.tree.Snapshot(), f.folder.ignoring.Load()
	return f.FS.Walk(ctx, target, func(path string, d fs.DirEntry, err error) error {
		if err == nil && d != nil && d.Type().IsRegular() {
			known, ok := snap.Lookup(path)
			ignored := false
			if !ok {
				ignored, _ = rules.Match(path)
			}
			info, statErr := d.Info()
			switch {
			case ignored:
			case !ok, statErr != nil, info.Size() != known.Size, !info.ModTime().Equal(known.ModTime):
				return errMoved
			}
		}
		return fn(path, d, err)
	})
}

// frozenContexts opens the local contexts for a solve in the background.
func (p *project) frozenContexts() (map[string]fsutil.FS, error) {
	contexts, err := p.contexts()
	for _, f := range p.folders {
		name := f.name
		if name == "" {
			name = "context"
		}
		if contexts[name] != nil {
			contexts[name] = frozen{contexts[name], f}
		}
	}
	return contexts, err
}

// movedAgain is how long a solve in the background waits for the loop to have looked, and movedMost how often.
const (
	movedAgain = 300 * time.Millisecond
	movedMost  = 5
)

// whileFrozen calls fn, again where the context had just changed: it may have been a touch, after which no
// build comes.
func whileFrozen(ctx context.Context, fn func() error) error {
	for attempt := 1; ; attempt++ {
		err := fn()
		if err == nil || attempt == movedMost || !strings.Contains(err.Error(), errMoved.Error()) {
			return err
		}
		select {
		case <-time.After(movedAgain):
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}
