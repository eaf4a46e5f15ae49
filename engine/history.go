package engine

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"os"
	"path/filepath"
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
	h := &history{times: map[string]int64{}}
	if dir == "" {
		return h
	}
	sum := sha256.Sum256([]byte(root + "\x00" + dockerfile))
	h.file = filepath.Join(dir, hex.EncodeToString(sum[:8])+".json")
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

// save writes the file anew, whole or not at all.
func (h *history) save() error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.file == "" {
		return nil
	}
	dt, err := json.Marshal(h.times)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(h.file), 0o700); err != nil {
		return err
	}
	tmp, err := os.CreateTemp(filepath.Dir(h.file), ".history-*")
	if err != nil {
		return err
	}
	_, err = tmp.Write(dt)
	if cerr := tmp.Close(); err == nil {
		err = cerr
	}
	if err == nil {
		err = os.Rename(tmp.Name(), h.file)
	}
	if err != nil {
		os.Remove(tmp.Name())
	}
	return err
}
