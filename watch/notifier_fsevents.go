//go:build darwin && cgo

package watch

import (
	"time"

	"github.com/fsnotify/fsevents"
)

// newNotifier returns notifications of the system. It takes one stream for a tree, however many files that has.
func newNotifier() (notifier, error) { return newStreams(streamOf) }

func streamOf(tree string, report func(path string, flags uint32)) (func(), error) {
	stream := &fsevents.EventStream{
		Paths: []string{tree}, Events: make(chan []fsevents.Event, 16),
		// The first event comes at once, those behind it after the latency.
		Latency: 10 * time.Millisecond, Flags: fsevents.FileEvents | fsevents.WatchRoot | fsevents.NoDefer,
	}
	if err := stream.Start(); err != nil {
		return nil, err
	}
	done := make(chan struct{})
	go func() {
		for {
			select {
			case events := <-stream.Events:
				for _, e := range events {
					report(e.Path, uint32(e.Flags))
				}
			case <-done:
				return
			}
		}
	}()
	// The system's thread must find a reader for as long as it may send.
	return func() { stream.Stop(); close(done) }, nil
}
