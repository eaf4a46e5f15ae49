package measure

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/tonistiigi/fsutil"

	"github.com/stagewatch/stagewatch/engine/compat"
	"github.com/stagewatch/stagewatch/engine/event"
	"github.com/stagewatch/stagewatch/engine/human"
	"github.com/stagewatch/stagewatch/engine/image"
	"github.com/stagewatch/stagewatch/engine/plan"
	"github.com/stagewatch/stagewatch/engine/solve"
)

// insightWithin bounds how long the files of two stages are read for.
const insightWithin = time.Minute

// Measured is a build that was measured: both plans, both images and their sizes. Before is nil where there is no
// stage before.
type Measured struct {
	Before, After           *plan.Plan
	BeforeImage, AfterImage string
	Sized                   event.Sized
}

// rough reports whether the sizes count blocks on the engine's disk.
func (m Measured) rough() bool { return m.Sized.Basis != image.Files }

// Exact returns the sizes of the target's layers, nil where they are rough.
func (m Measured) Exact() []event.Layer {
	if m.rough() {
		return nil
	}
	return m.Sized.After.Layers
}

// Insight knows the files of the stages: where their bytes are, which of them are of no use, and which the final
// image can't load. It is safe for concurrent use.
type Insight struct {
	reader *image.Reader
	// binding is solve.Builder's.
	binding func(contexts map[string]fsutil.FS, session string) func(plan.Local) string

	mu      sync.Mutex
	checker *compat.Checker
	// libcs are the C libraries of the base images that were read, by the images' names.
	libcs map[string]compat.Libc
	// risked are the risks that were warned of, standing the warnings of the last build.
	risked   map[compat.RiskKey]bool
	standing map[string]bool
}

// NewInsight returns what reads the files of stages. Binding is that of [solve.Builder].
func NewInsight(reader *image.Reader, binding func(contexts map[string]fsutil.FS, session string) func(plan.Local) string) *Insight {
	return &Insight{reader: reader, binding: binding, checker: compat.NewChecker(), libcs: map[string]compat.Libc{}, risked: map[compat.RiskKey]bool{}}
}

// Risks returns warnings of what a plan is likely to break, each once in a session.
func (i *Insight) Risks(p *plan.Plan) []event.Warning {
	i.mu.Lock()
	defer i.mu.Unlock()
	var out []event.Warning
	for _, r := range compat.Risks(p, i.libcs) {
		if !i.risked[r.RiskKey] {
			i.risked[r.RiskKey] = true
			out = append(out, r.Warning())
		}
	}
	return out
}

// Accounted is what the files of a build show.
type Accounted struct {
	// Sized is what was measured, by the bytes of the files where that was rough.
	Sized  event.Sized
	Ledger event.Ledger
	// Warnings are those that the build before did not have.
	Warnings []event.Warning
	// Files are those of the stages, for a person to look through.
	Files []image.Listing
}

// Read accounts for the bytes of a build.
func (i *Insight) Read(ctx context.Context, m Measured, dirs map[string]fsutil.FS, sharedKey string) (a Accounted, err error) {
	ctx, cancel := context.WithTimeout(ctx, insightWithin)
	defer cancel()
	contexts := image.Contexts{Dirs: dirs, SharedKey: sharedKey, Binding: func(session string) func(plan.Local) string { return i.binding(dirs, session) }}
	var sources []image.Source
	if m.Before != nil {
		sources = append(sources, image.Source{Plan: m.Before, Image: m.BeforeImage, Size: m.Sized.Before, Basis: m.Sized.Basis})
	}
	sources = append(sources, image.Source{Plan: m.After, Image: m.AfterImage, Size: m.Sized.After, Basis: m.Sized.Basis})
	err = i.reader.Read(ctx, contexts, sources, func(stages []*image.Stage, open image.Open) error {
		after := stages[len(stages)-1]
		var before *image.Stage
		if len(stages) > 1 {
			before = stages[0]
		}
		a.Ledger = image.Account(before, after)
		a.Sized = event.Sized{After: after.Size, Basis: image.Files, Commit: m.Sized.Commit}
		if before != nil {
			a.Sized.Before = before.Size
		}
		for _, s := range stages {
			a.Files = append(a.Files, s.Listing())
		}
		i.learn(stages)
		var err error
		a.Warnings, err = i.checker.Check(after, open)
		return err
	})
	if err != nil {
		return Accounted{}, fmt.Errorf("accounting for the files of stage %q: %w", m.After.Target, solve.Plain(err))
	}
	a.Warnings = append(a.Warnings, useless(a.Ledger)...)
	for _, w := range a.Warnings {
		a.Ledger.Warnings, a.Ledger.Standing = append(a.Ledger.Warnings, w.Message), append(a.Ledger.Standing, w.ID())
	}
	a.Warnings = i.fresh(a.Warnings)
	return a, nil
}

// learn notes which C library each base has: the next plan need not go by the names of images.
func (i *Insight) learn(stages []*image.Stage) {
	i.mu.Lock()
	defer i.mu.Unlock()
	for _, s := range stages {
		if l := compat.LibcOf(s.Base()); l != compat.UnknownLibc {
			i.libcs[s.Plan.Base(s.Plan.Target)] = l
		}
	}
}

// fresh leaves out the warnings that the build before gave too. One that comes back is reported again.
func (i *Insight) fresh(warnings []event.Warning) []event.Warning {
	i.mu.Lock()
	defer i.mu.Unlock()
	now := map[string]bool{}
	var out []event.Warning
	for _, w := range warnings {
		// What is said of the same thing in other words is news.
		key := w.ID() + "\x00" + w.Message
		if now[key] = true; !i.standing[key] {
			out = append(out, w)
		}
	}
	i.standing = now
	return out
}

// useless warns of clean-ups that freed nothing.
func useless(l event.Ledger) []event.Warning {
	var out []event.Warning
	for _, w := range l.Wasted {
		if w.Reason != event.FreedNothing {
			continue
		}
		hint := "There is nothing for it to clean up in this stage: what an earlier stage left behind did not come along."
		if w.Bytes > 0 {
			hint += " Without the step the image is smaller by " + human.Bytes(w.Bytes) + ": it leaves files of its own behind."
		}
		out = append(out, event.Warning{Code: event.FreedNothing, Key: w.Stage + " " + w.Instruction, Message: fmt.Sprintf("line %d, %s, frees nothing", w.Line, w.Instruction), Hint: hint})
	}
	return out
}
