package run

import (
	"slices"
	"sync"

	"github.com/stagewatch/stagewatch/engine/event"
)

// How much of a container's output is kept for the error that tells why it failed.
const (
	tailLines = 20
	tailBytes = 500
)

// tail keeps the last lines of a log.
type tail struct {
	mu    sync.Mutex
	kept  []event.Log
	count int
}

func newTail() *tail { return &tail{} }

func (t *tail) add(line event.Log) {
	if len(line.Text) > tailBytes {
		line.Text = line.Text[:wholeRunes([]byte(line.Text[:tailBytes]))] + Continued
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.count++
	if len(t.kept) == tailLines {
		copy(t.kept, t.kept[1:])
		t.kept = t.kept[:tailLines-1]
	}
	t.kept = append(t.kept, line)
}

func (t *tail) lines() []event.Log {
	t.mu.Lock()
	defer t.mu.Unlock()
	return slices.Clone(t.kept)
}

// total counts the lines that came so far.
func (t *tail) total() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.count
}
