package engine

import (
	"encoding/json"
	"os"
	"sync"
	"time"

	"github.com/stagewatch/stagewatch/engine/build"
	"github.com/stagewatch/stagewatch/engine/plan"
)

// history remembers how long each step last ran for real, over sessions: it is what a hit saves. A lost or
// unreadable file only means that nothing is known yet.
type history struct {
	mu    sync.Mutex
	file  string
	times map[string]int64
}

// openHistory reads what is known of the Dockerfile's steps; an empty folder keeps it in memory only.
func openHistory(dir, root, dockerfile string) *history {
	h := &history{times: map[string]int64{}, file: projectFile(dir, root, dockerfile)}
	if dt, err := os.ReadFile(h.file); err == nil {
		if json.Unmarshal(dt, &h.times) != nil {
			h.times = map[string]int64{}
		}
	}
	return h
}

func historyKey(stage, instruction string) string { return stage + "\x00" + instruction }

func (h *history) last(stage, instruction string) time.Duration {
	h.mu.Lock()
	defer h.mu.Unlock()
	return time.Duration(h.times[historyKey(stage, instruction)]) * time.Millisecond
}

// add takes in the times of the steps that ran.
func (h *history) add(p *plan.Plan, res *build.Result) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, s := range p.Steps {
		if took, ok := res.Times[s.ID()]; ok {
			h.times[historyKey(s.Stage, s.Instruction)] = took.Milliseconds()
		}
	}
}

// save keeps what is known for the next session.
func (h *history) save() error {
	h.mu.Lock()
	defer h.mu.Unlock()
	return saveFile(h.file, h.times)
}
