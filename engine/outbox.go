package engine

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"

	"github.com/stagewatch/stagewatch/engine/event"
)

// maxQueuedLogs and maxQueuedText bound the log lines and step output that wait for a slow face, in lines and in
// bytes. What is beyond is dropped and counted; no other event ever is.
const (
	maxQueuedLogs = 20_000
	maxQueuedText = 32 << 20
)

// outbox hands events to a face in order, without ever making the engine wait for it.
type outbox struct {
	// values hides those of build arguments in all that goes out.
	values atomic.Pointer[Values]

	mu    sync.Mutex
	queue []event.Event
	// logs and text count the queue's lines and their bytes.
	logs, text int
	dropped    int
	closed     bool
	wake       chan struct{}
}

func newOutbox() *outbox { return &outbox{wake: make(chan struct{}, 1)} }

// logText returns the line that an event brings, where that is all that it does.
func logText(b event.Body) (text string, isLog bool) {
	switch b := b.(type) {
	case event.Log:
		return b.Text, true
	case event.Output:
		return b.Text, true
	}
	return "", false
}

func (o *outbox) put(e event.Event) {
	e.Body = o.values.Load().Body(e.Body)
	o.mu.Lock()
	if text, isLog := logText(e.Body); isLog {
		if o.logs >= maxQueuedLogs || o.text >= maxQueuedText {
			o.dropped++
			o.mu.Unlock()
			return
		}
		o.logs++
		o.text += len(text)
	} else {
		o.reportDropped(e)
	}
	first := len(o.queue) == 0
	o.queue = append(o.queue, e)
	o.mu.Unlock()
	if first {
		o.signal()
	}
}

// reportDropped puts a count where the dropped lines would have stood.
func (o *outbox) reportDropped(e event.Event) {
	if o.dropped == 0 {
		return
	}
	o.queue = append(o.queue, event.Event{Time: e.Time, Build: e.Build, Body: event.Warning{
		Code: "log-dropped", Message: fmt.Sprintf("%d log lines came faster than they could be shown, and were dropped", o.dropped),
	}})
	o.dropped = 0
}

// close lets run end once everything queued was taken.
func (o *outbox) close() {
	o.mu.Lock()
	o.closed = true
	o.mu.Unlock()
	o.signal()
}

func (o *outbox) signal() {
	select {
	case o.wake <- struct{}{}:
	default:
	}
}

// run sends events to out until the outbox is closed and empty, or until ctx ends because nobody reads any
// more, and closes out.
func (o *outbox) run(ctx context.Context, out chan<- event.Event) {
	defer close(out)
	for {
		o.mu.Lock()
		if n := len(o.queue); n > 0 {
			o.reportDropped(o.queue[n-1])
		}
		batch, closed := o.queue, o.closed
		o.queue, o.logs, o.text = nil, 0, 0
		o.mu.Unlock()
		for _, e := range batch {
			select {
			case out <- e:
			case <-ctx.Done():
				return
			}
		}
		if len(batch) > 0 {
			continue
		}
		if closed {
			return
		}
		select {
		case <-o.wake:
		case <-ctx.Done():
			return
		}
	}
}
