package project

import (
	"context"

	"github.com/stagewatch/stagewatch/watch"
)

// Batch is a batch of written paths of one context. Paths are relative to its folder; those of files that lie elsewhere
// are absolute.
type Batch struct {
	// Context is the context's name, empty for the main one.
	Context string
	watch.Batch
}

// Watch passes on what is written in all contexts, and what the watchers have to say, until ctx ends.
func (p *Project) Watch(ctx context.Context) (<-chan Batch, <-chan watch.Notice) {
	batches, notices := make(chan Batch), make(chan watch.Notice)
	for _, f := range p.folders {
		go func() {
			in, said := f.watcher.Batches(), f.watcher.Notices()
			for in != nil || said != nil {
				select {
				case b, ok := <-in:
					if !ok {
						in = nil
						continue
					}
					select {
					case batches <- Batch{f.name, b}:
					case <-ctx.Done():
						return
					}
				case n, ok := <-said:
					if !ok {
						said = nil
						continue
					}
					select {
					case notices <- n:
					case <-ctx.Done():
						return
					}
				}
			}
		}()
	}
	return batches, notices
}

// WatchMode returns how the main context is watched, as [watch.Watcher.Mode] does; "" where it is not.
func (p *Project) WatchMode() string {
	if w := p.main().watcher; w != nil {
		return w.Mode()
	}
	return ""
}

// TryWatching watches the main context for a moment, as with [Options.Watch]. It returns how that went: the mode, and the
// first notice, which is empty where all is well.
func (p *Project) TryWatching() (mode string, notice watch.Notice, err error) {
	w, err := p.main().watch(false)
	if err != nil {
		return "", watch.Notice{}, err
	}
	defer w.Close()
	select {
	case notice = <-w.Notices():
	default:
	}
	return w.Mode(), notice, nil
}
