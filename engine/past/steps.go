package past

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/stagewatch/stagewatch/engine/event"
	"github.com/stagewatch/stagewatch/engine/state"
)

// Steps are the last real runs of a Dockerfile's steps: what a run took is what a hit saves, and what it printed is all
// the output that a hit has. Its methods are safe for concurrent use.
type Steps struct {
	mu   sync.Mutex
	file string
	runs map[string]*stepRun
	// printing is what the steps that run now have printed so far.
	printing map[string]*printed
}

// stepRun is the last time that a step really ran.
type stepRun struct {
	MS int64     `json:"ms"`
	At time.Time `json:"at"`
	// Printed grows until the run's build is over.
	Printed *printed `json:"printed,omitempty"`
	// before is what the run before it took.
	before int64
	// reported: this session has reported what it printed.
	reported bool
}

// printed is the newest of what a step printed in a build of this session, or of an earlier one, which is build 0.
type printed struct {
	Output []printedLine `json:"output,omitempty"`
	build  int
	bytes  int
}

type printedLine struct {
	Stderr bool   `json:"stderr,omitempty"`
	Text   string `json:"text"`
}

const (
	// keptLines and keptBytes bound what is kept of the output of one step, keptRuns the steps.
	keptLines = 200
	keptBytes = 16 << 10
	keptRuns  = 500
)

// OpenSteps reads the file of the steps' last runs; with an empty name nothing is read or kept.
func OpenSteps(file string) *Steps {
	h := &Steps{runs: map[string]*stepRun{}, printing: map[string]*printed{}, file: file}
	if dt, err := state.Read(h.file); err == nil {
		if json.Unmarshal(dt, &h.runs) != nil {
			h.runs = map[string]*stepRun{}
		}
	}
	for key, r := range h.runs {
		if r == nil || strings.Contains(key, "\x00") {
			delete(h.runs, key) // of a version that wrote the instructions down
		} else if r.Printed == nil {
			r.Printed = &printed{}
		}
	}
	return h
}

// stepKey names a step without saying what it does: an instruction may have the values of arguments in it.
func stepKey(stage, instruction string) string {
	sum := sha256.Sum256([]byte(stage + "\x00" + instruction))
	return hex.EncodeToString(sum[:16])
}

// Last returns how long the step took when it last ran, 0 where that is not known.
func (h *Steps) Last(stage, instruction string) time.Duration {
	h.mu.Lock()
	defer h.mu.Unlock()
	if r := h.runs[stepKey(stage, instruction)]; r != nil {
		return time.Duration(r.MS) * time.Millisecond
	}
	return 0
}

// Print records a line that a step prints in a build.
func (h *Steps) Print(build int, s event.Step, o event.Output) {
	h.mu.Lock()
	defer h.mu.Unlock()
	key := stepKey(s.Stage, s.Instruction)
	p := h.printing[key]
	if p == nil || p.build != build {
		if len(h.printing) > keptRuns {
			clear(h.printing)
		}
		p = &printed{build: build}
		h.printing[key] = p
	}
	p.Output = append(p.Output, printedLine{o.Stream == "stderr", o.Text})
	p.bytes += len(o.Text)
	for len(p.Output) > keptLines || p.bytes > keptBytes && len(p.Output) > 1 {
		p.bytes -= len(p.Output[0].Text)
		p.Output = p.Output[1:]
	}
}

// Report completes what BuildKit reports of a step with its last real run, and records a new one. The output is what
// that run printed, where it was in an earlier session and has not been reported yet.
func (h *Steps) Report(build int, at time.Time, s event.Step) (event.Step, []event.Output) {
	h.mu.Lock()
	defer h.mu.Unlock()
	key := stepKey(s.Stage, s.Instruction)
	r := h.runs[key]
	switch s.State {
	case event.Ran:
		p := h.printing[key]
		if p == nil || p.build != build {
			p = &printed{build: build}
			h.printing[key] = p
		}
		next := &stepRun{MS: s.MS, At: at, Printed: p, reported: true}
		switch {
		case r != nil && r.Printed.build == build:
			// BuildKit may complete a step more than once.
			next.before = r.before
		case r != nil:
			next.before = r.MS
		}
		s.LastMS = next.before
		h.runs[key] = next
	case event.Running:
		if r != nil {
			s.LastMS = r.MS
		}
	case event.Hit:
		if r == nil || s.MergedWith != nil {
			return s, nil
		}
		s.RanBuild, s.RanAt = r.Printed.build, r.At
		return s, r.report(s)
	}
	return s, nil
}

// report returns what an earlier session's run printed, once.
func (r *stepRun) report(s event.Step) []event.Output {
	if r.reported {
		return nil
	}
	r.reported = true
	var out []event.Output
	for _, l := range r.Printed.Output {
		stream := "stdout"
		if l.Stderr {
			stream = "stderr"
		}
		out = append(out, event.Output{Stage: s.Stage, Index: s.Index, Stream: stream, Text: l.Text, RanAt: r.At})
	}
	return out
}

// Save writes what is known to the file, for the next session.
func (h *Steps) Save() error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if n := len(h.runs) - keptRuns; n > 0 {
		keys := make([]string, 0, len(h.runs))
		for key := range h.runs {
			keys = append(keys, key)
		}
		slices.SortFunc(keys, func(a, b string) int {
			return cmp.Or(h.runs[a].At.Compare(h.runs[b].At), strings.Compare(a, b))
		})
		for _, key := range keys[:n] {
			delete(h.runs, key)
		}
	}
	dt, err := json.Marshal(h.runs)
	if err != nil {
		return err
	}
	return state.Save(h.file, dt)
}
