package desk

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/stagewatch/stagewatch/engine/event"
)

// maxQueuedLogs and maxQueuedText bound the log lines and step output that wait for a slow face, in lines and in
// bytes. Lines beyond that are dropped and counted; no other event ever is.
const (
	maxQueuedLogs = 20_000
	maxQueuedText = 32 << 20
)

// Outbox hands events to a face in order, and never makes the engine wait for it.
type Outbox struct {
	mu    sync.Mutex
	queue []event.Event
	// logs and text count the queue's lines and their bytes.
	logs, text int
	dropped    int
	closed     bool
	wake       chan struct{}
}

// NewOutbox returns an outbox. What goes into it is put there by its voices.
func NewOutbox() *Outbox { return &Outbox{wake: make(chan struct{}, 1)} }

// Voice puts events into an outbox in the name of one service. Copies are the same; its methods are safe for concurrent use.
type Voice struct {
	out     *Outbox
	service string
	// redact is what every event goes through before it is queued.
	redact func(event.Body) event.Body
}

// Voice returns a voice of a service, empty for a session of one build. All its events go through redact first, which
// removes what nobody may see. It is called from any goroutine.
func (o *Outbox) Voice(service string, redact func(event.Body) event.Body) Voice {
	return Voice{o, service, redact}
}

// Emit puts an event of a build, or of none where build is 0.
func (v Voice) Emit(build int, body event.Body) {
	v.out.put(event.Event{Service: v.service, Build: build, Body: v.redact(body)})
}

// put queues an event. It happens now: taken earlier, the time of one event could be later than that of the next.
func (o *Outbox) put(e event.Event) {
	o.mu.Lock()
	e.Time = time.Now()
	if text, isLine := event.Line(e.Body); isLine {
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
func (o *Outbox) reportDropped(e event.Event) {
	if o.dropped == 0 {
		return
	}
	o.queue = append(o.queue, event.Event{Time: e.Time, Build: e.Build, Body: event.Warning{
		Code: event.CodeLogDropped, Message: fmt.Sprintf("%d log lines came faster than they could be shown, and were dropped", o.dropped),
	}})
	o.dropped = 0
}

// Close lets Run return once everything queued has been sent.
func (o *Outbox) Close() {
	o.mu.Lock()
	o.closed = true
	o.mu.Unlock()
	o.signal()
}

func (o *Outbox) signal() {
	select {
	case o.wake <- struct{}{}:
	default:
	}
}

// Run sends events to out until the outbox is closed and empty, or until ctx ends because nobody reads any more. It
// closes out.
func (o *Outbox) Run(ctx context.Context, out chan<- event.Event) {
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
