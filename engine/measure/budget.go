package measure

import (
	"cmp"
	"context"
	"fmt"
	"time"

	"github.com/stagewatch/stagewatch/engine/budget"
	"github.com/stagewatch/stagewatch/engine/event"
	"github.com/stagewatch/stagewatch/engine/image"
	"github.com/stagewatch/stagewatch/engine/past"
)

// Efficient is what a Budget needs of the engine's image store.
type Efficient interface {
	// Efficiency returns how dive judges an image. The engine sends the whole of it.
	Efficiency(ctx context.Context, image string) (image.Efficiency, error)
}

// Budget holds the builds of a session to their limits, and keeps their sizes for the next session. Builds grow against what
// the session before left or, where it left nothing, against the session's first build.
type Budget struct {
	limits budget.Limits
	images Efficient
	file   string
	was    *past.Size
	// said are the figures of the warnings that hold, by their IDs; first is set until a build was judged.
	said  map[string]string
	first bool
}

// NewBudget returns what holds builds to limits. File is where sizes are kept, see [past.SizeFile].
func NewBudget(limits budget.Limits, images Efficient, file string) *Budget {
	return &Budget{limits: limits, images: images, file: file, was: past.LoadSize(file), first: true}
}

// Verdict is how a build stands with its budget.
type Verdict struct {
	// Over are the warnings of what exceeds a limit, News those that the build before did not have.
	Over, News []event.Warning
	// Err is why a limit could not be checked, nil where all were.
	Err error

	// keep is the size to be kept for the next session, nil for none.
	keep *past.Size
}

// read returns how dive judges the build's image, nil where no limit asks for that.
func (b *Budget) read(ctx context.Context, m Measured) (*budget.Efficiency, error) {
	if b.limits.Dive == nil {
		return nil, nil
	}
	e, err := b.images.Efficiency(ctx, m.AfterImage)
	if err != nil {
		return nil, fmt.Errorf("checking %s: %w", b.limits.Dive.File, err)
	}
	f := &budget.Efficiency{Score: e.Score, Wasted: e.Wasted, WastedOfUser: e.WastedOfUser()}
	for _, p := range e.Inefficient {
		f.Inefficient = append(f.Inefficient, event.ExcessPart{Name: p.Path, Bytes: p.Bytes})
	}
	return f, nil
}

// judge compares a build with the limits. The ledger is nil where the files of the build are not known, dive and unread are
// what [Budget.read] returned.
func (b *Budget) judge(m Measured, sized event.Sized, ledger *event.Ledger, dive *budget.Efficiency, unread error) Verdict {
	f := budget.Figures{Bytes: sized.After.Bytes, Layers: len(sized.After.Layers), Steps: b.steps(m, sized.After), Dive: dive}
	if b.was != nil {
		f.Was = &budget.Was{At: b.was.At, Bytes: b.was.Bytes}
	}
	if ledger != nil {
		f.Wasted = wasted(m, *ledger)
	}
	over, err := b.limits.Exceeded(f)
	v := Verdict{Over: over, News: b.fresh(over), Err: cmp.Or(unread, err)}
	if b.first && b.was == nil && b.limits.Growth.Bounds() {
		v.News = append(v.News, event.Warning{Code: event.CodeNotCompared, Key: "max-growth", Message: "nothing is known of an earlier size of this image: --max-growth " + b.limits.Growth.Text + " holds",
			Hint: "The size of a build within its budget is kept for the next time, in stagewatch/sizes in your cache folder. Where that is a new one each time, as on many CI machines, have it kept."})
	}
	b.first = false
	if len(over) == 0 && v.Err == nil {
		// The size of a build that is over its budget would be the measure of the next.
		v.keep = sizeOf(m, sized.After)
		if b.was == nil {
			b.was = v.keep
		}
	}
	return v
}

// fresh leaves out the warnings of figures that were over their limit in the build before too, and read the same.
func (b *Budget) fresh(over []event.Warning) (news []event.Warning) {
	now := map[string]string{}
	for _, w := range over {
		figure := fmt.Sprintf("%.3g", w.Over.Figure)
		if now[w.ID()] = figure; b.said[w.ID()] != figure {
			news = append(news, w)
		}
	}
	b.said = now
	return news
}

// baseName names the base of an image, whose layers count as one step.
func baseName(m Measured) string { return "FROM " + m.After.Base(m.After.Target) }

func sizeOf(m Measured, size event.StageSize) *past.Size {
	s := &past.Size{At: time.Now(), Bytes: size.Bytes}
	for _, l := range size.Layers {
		if l.Base {
			s.Add("", baseName(m), l.Bytes)
		} else {
			s.Add(l.Step.Stage, l.CreatedBy, l.Bytes)
		}
	}
	return s
}

// steps returns what each step of an image adds, and added.
func (b *Budget) steps(m Measured, size event.StageSize) []budget.Step {
	base := budget.Step{Name: baseName(m)}
	steps := []budget.Step{}
	was := func(stage, instruction string) int64 {
		if b.was == nil {
			return -1
		}
		return b.was.Of(stage, instruction)
	}
	for _, l := range size.Layers {
		if l.Base {
			base.Bytes += l.Bytes
			continue
		}
		steps = append(steps, budget.Step{Name: l.CreatedBy, Bytes: l.Bytes, Was: was(l.Step.Stage, l.CreatedBy)})
	}
	base.Was = was("", base.Name)
	return append([]budget.Step{base}, steps...)
}

// wasted returns what the target wastes. What its base wastes of itself is left out: no edit of the Dockerfile gets it back.
func wasted(m Measured, l event.Ledger) []event.ExcessPart {
	parts := []event.ExcessPart{}
	for _, w := range l.Wasted {
		if w.Stage != m.After.Target || w.Reason == event.InBase || w.Reason == event.FreedNothing {
			continue
		}
		name := w.Instruction
		if w.LostLine > 0 {
			name = fmt.Sprintf("%s (%s by line %d)", name, w.Reason, w.LostLine)
		}
		parts = append(parts, event.ExcessPart{Name: name, Bytes: w.Bytes})
	}
	return parts
}
