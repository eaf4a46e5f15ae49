package run

import (
	"sync"

	"github.com/stagewatch/stagewatch/engine/event"
)

// How much of a container's output is kept for the error that says why it failed.
const (
	tailLines = 20
	tailBytes = 500
)

// tail keeps the last lines of a log.
type tail struct {
	mu sync.Mutex
	// kept holds line n at index n modulo its length.
	kept  [tailLines]event.Log
	count int
}

func newTail() *tail { return &tail{} }

func (t *tail) add(line event.Log) {
	if len(line.Text) > tailBytes {
		line.Text = line.Text[:wholeRunes([]byte(line.Text[:tailBytes]))] + Continued
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.kept[t.count%tailLines] = line
	t.count++
}

func (t *tail) lines() []event.Log {
	t.mu.Lock()
	defer t.mu.Unlock()
	var last []event.Log
	for n := max(0, t.count-tailLines); n < t.count; n++ {
		last = append(last, t.kept[n%tailLines])
	}
	return last
}

// total returns how many lines came so far.
func (t *tail) total() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.count
}
