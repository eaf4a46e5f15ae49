package report

import (
	"fmt"
	"io"

	"github.com/stagewatch/stagewatch/engine/event"
	"github.com/stagewatch/stagewatch/engine/human"
	"github.com/stagewatch/stagewatch/ui/draw"
	"github.com/stagewatch/stagewatch/ui/story"
)

// PullRequest writes what a change does to the image, as Markdown: its size beside that in the base's report, the steps that
// ran although that base was built, and what is over its budget. Base is nil where nothing is known of it.
func (r *Report) PullRequest(w io.Writer, base *Report) error {
	md := &markdown{}
	md.pullTitle(r, base)
	md.line("")
	if r.Told == nil {
		md.line("No build succeeded.")
		md.line("")
	}
	md.layers(r, base)
	md.comparison(r)
	md.lost(r, base)
	md.overBudget(r)
	if _, err := io.WriteString(w, md.out.String()); err != nil {
		return fmt.Errorf("writing the report: %w", err)
	}
	return nil
}

func (md *markdown) pullTitle(r, base *Report) {
	name := "`stagewatch`"
	if r.Name != "" {
		name = code(r.Name)
	}
	switch is, was := r.bytes(), base.bytes(); {
	case is == 0:
		md.line("### %s", name)
	case was == 0:
		md.line("### %s: %s", name, human.Bytes(is))
	case was == is:
		md.line("### %s: %s, as before", name, human.Bytes(is))
	default:
		md.line("### %s: %s → %s (%s, %s)", name, human.Bytes(was), human.Bytes(is), human.Delta(is-was), draw.Percent(was, is))
	}
}

// bytes returns the size of the image, 0 where it is not known.
func (r *Report) bytes() int64 {
	if r == nil || r.Sized == nil {
		return 0
	}
	return r.Sized.Sizes.After.Bytes
}

// baseImage is what the layers of the base image are called, which count as one.
const baseImage = "FROM"

// layerSizes returns the sizes of the image's layers by the instruction that made them, and these in their order.
func (r *Report) layerSizes() (sizes map[string]int64, order []string) {
	sizes = map[string]int64{}
	if r == nil || r.Sized == nil {
		return sizes, nil
	}
	for _, l := range r.Sized.Sizes.After.Layers {
		by := l.CreatedBy
		if l.Base {
			by = baseImage
		}
		if _, known := sizes[by]; !known {
			order = append(order, by)
		}
		sizes[by] += l.Bytes
	}
	return sizes, order
}

// layers writes what of the image is larger or smaller than in the base.
func (md *markdown) layers(r, base *Report) {
	if r.bytes() == 0 || base.bytes() == 0 {
		return
	}
	is, order := r.layerSizes()
	was, before := base.layerSizes()
	for _, by := range before {
		if _, left := is[by]; !left {
			order = append(order, by)
		}
	}
	head := false
	for _, by := range order {
		now, still := is[by]
		then, known := was[by]
		if now == then && still == known {
			continue
		}
		if !head {
			head = true
			md.row("step", "base", "here", "")
			md.line("|---|--:|--:|--:|")
		}
		md.row(code(by), size(then, known), size(now, still), human.Delta(now-then))
	}
	if head {
		md.line("")
	}
}

func size(bytes int64, known bool) string {
	if !known {
		return none
	}
	return human.Bytes(bytes)
}

// lost writes which steps were not in the cache, and why.
func (md *markdown) lost(r, base *Report) {
	if r.Told == nil {
		return
	}
	old := map[string]bool{}
	if base != nil && base.Told != nil {
		base.Told.Steps(func(s *story.Step) { old[s.Stage+"\x00"+s.Instruction] = true })
	}
	ran := 0
	r.Told.Steps(func(s *story.Step) {
		if s.State != event.Ran || s.CountsElsewhere() {
			return
		}
		if ran++; ran == 1 {
			md.line("**Steps that were not in the cache**")
			md.line("")
		}
		text := fmt.Sprintf("- %s %s ran in %s", code(s.Name()), code(s.Instruction), draw.Millis(s.MS))
		if len(old) > 0 && !old[s.Stage+"\x00"+s.Instruction] {
			text += ", is new"
		}
		if s.Because != "" {
			text += ": " + entities(s.Because)
		}
		md.line("%s", text)
	})
	if ran == 0 {
		md.line("Every step came from the cache.")
	}
	md.line("")
}

// overBudget writes which limits are exceeded.
func (md *markdown) overBudget(r *Report) {
	said := false
	for _, w := range r.Warnings {
		if w.Code != event.CodeOverBudget || w.Past {
			continue
		}
		if !said {
			said = true
			md.line("**Over its budget**")
			md.line("")
		}
		md.line("- %s", entities(w.Message))
	}
	if said {
		md.line("")
	}
}
