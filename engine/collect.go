package engine

import (
	"context"
	"sync"
	"time"
)

// imageStore lists and removes images of the session.
type imageStore interface {
	// Made lists the session's images on the engine.
	Made(ctx context.Context) ([]string, error)
	// Remove takes away an image of ours; one that is in use stays.
	Remove(ctx context.Context, image string) error
}

// removeWithin bounds the removal of one image.
const removeWithin = 20 * time.Second

// images are those of this session that may still be on the engine.
type images struct {
	store imageStore
	made  map[string]bool
	// removing counts what goes on beside the loop.
	removing sync.WaitGroup
}

// discard notes an image that nobody will use.
func (l *loop) discard(image string) {
	l.images.made[image] = true
	l.collect()
}

// tidy removes images of the session that the loop does not know: of a build that was canceled just when the engine put
// its image into the store, or of one that was superseded after it had taken the name. It is called when all is done.
func (l *loop) tidy() {
	builds := l.builds.count
	l.Aside(&l.images.removing, func() {
		made, err := l.images.store.Made(l.Ctx())
		if err != nil {
			// They are found the next time, and at the end.
			return
		}
		l.Do(func() {
			// Otherwise one of them may belong to a build whose end has not been taken in yet.
			if l.builds.count != builds || l.builds.running != nil || len(l.builds.superseded) > 0 || l.meter.Busy() {
				return
			}
			for _, image := range made {
				l.images.made[image] = true
			}
			l.collect()
		})
	})
}

// collect removes the images that nothing uses any more.
func (l *loop) collect() {
	keep := map[string]bool{l.meter.BeforeImage(): true}
	if l.builds.good != nil {
		keep[l.builds.good.result.Image] = true
	}
	if l.app != nil {
		for _, image := range l.app.Images() {
			keep[image] = true
		}
	}
	for image := range l.images.made {
		if keep[image] {
			continue
		}
		delete(l.images.made, image)
		l.Aside(&l.images.removing, func() {
			ctx, cancel := context.WithTimeout(context.WithoutCancel(l.Ctx()), removeWithin)
			defer cancel()
			if err := l.images.store.Remove(ctx, image); err != nil {
				// Its container is still going down: the next collection finds it again.
				l.Do(func() { l.images.made[image] = true })
			}
		})
	}
}
