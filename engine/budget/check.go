package budget

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/stagewatch/stagewatch/engine/event"
	"github.com/stagewatch/stagewatch/engine/fault"
	"github.com/stagewatch/stagewatch/engine/human"
)

// Figures are what a build comes to.
type Figures struct {
	// Bytes is the size of the image, and Layers how many it has, those of the base too.
	Bytes  int64
	Layers int
	// Steps are what each step adds, the base as one.
	Steps []Step
	// Was is what the same image came to before, nil where that is not known.
	Was *Was
	// Wasted are the bytes that are in the image and that nobody can use, nil where that is not known.
	Wasted []event.ExcessPart
	// Dive are dive's figures, nil where they are not known.
	Dive *Efficiency
}

// Step is what a step adds to an image.
type Step struct {
	Name  string
	Bytes int64
	// Was is what it added before; less than 0 where that is not known, or it was not there.
	Was int64
}

// Was is the size of an image at a time.
type Was struct {
	At    time.Time
	Bytes int64
}

// Efficiency is how dive judges an image.
type Efficiency struct {
	Score        float64
	Wasted       int64
	WastedOfUser float64
	// Inefficient are the paths that are wasted.
	Inefficient []event.ExcessPart
}

// Exceeded returns a warning for each limit that the figures exceed. The error names limits whose figures are not known; it
// comes beside the warnings.
func (l Limits) Exceeded(f Figures) (over []event.Warning, err error) {
	var unknown []string
	exceeds := func(rule string, figure, limit float64, parts []event.ExcessPart, message string) {
		over = append(over, warning(rule, figure, limit, parts, message))
	}
	if limit := l.Size; limit.Bounds() && float64(f.Bytes) > limit.Value {
		exceeds("max-size", float64(f.Bytes), limit.Value, f.grown(),
			fmt.Sprintf("the image has %s, %s more than --max-size %s", human.Bytes(f.Bytes), human.Bytes(f.Bytes-int64(limit.Value)), limit.Text))
	}
	if limit := l.Layers; limit.Bounds() && float64(f.Layers) > limit.Value {
		exceeds("max-layers", float64(f.Layers), limit.Value, f.grown(),
			fmt.Sprintf("the image has %s, more than --max-layers %s", human.Count(f.Layers, "layer"), limit.Text))
	}
	if limit := l.Growth; limit.Bounds() && f.Was != nil {
		if by := growth(f.Was.Bytes, f.Bytes); by > limit.Value {
			exceeds("max-growth", by, limit.Value, f.grown(),
				fmt.Sprintf("the image grew by %s%%, from %s on %s to %s, which is more than --max-growth %s", percent(by), human.Bytes(f.Was.Bytes), human.Moment(f.Was.At), human.Bytes(f.Bytes), limit.Text))
		}
	}
	if limit := l.Wasted; limit.Bounds() && f.Wasted == nil {
		unknown = append(unknown, "--max-wasted")
	} else if wasted := sum(f.Wasted); limit.Bounds() && float64(wasted) > limit.Value {
		exceeds("max-wasted", float64(wasted), limit.Value, f.Wasted,
			fmt.Sprintf("%s of the image are wasted, %s more than --max-wasted %s", human.Bytes(wasted), human.Bytes(wasted-int64(limit.Value)), limit.Text))
	}
	if l.Dive != nil && f.Dive == nil {
		unknown = append(unknown, l.Dive.File)
	} else if l.Dive != nil {
		over = append(over, l.Dive.exceeded(*f.Dive)...)
	}
	if len(unknown) > 0 {
		err = &fault.Error{What: "checking " + strings.Join(unknown, " and ") + ": the files of the image could not be read"}
	}
	return over, err
}

// exceeded returns a warning for each rule that does not hold. A figure that is no number holds, as with dive.
func (d *Dive) exceeded(e Efficiency) (over []event.Warning) {
	if l := d.LowestEfficiency; l.Bounds() && l.Value > e.Score {
		over = append(over, warning(lowestEfficiency, e.Score, l.Value, e.Inefficient,
			fmt.Sprintf("the efficiency of the image is %.4f, less than %s %s in %s", e.Score, lowestEfficiency, l.Text, d.File)))
	}
	if l := d.HighestWasted; l.Bounds() && float64(e.Wasted) > l.Value {
		over = append(over, warning(highestWasted, float64(e.Wasted), l.Value, e.Inefficient,
			fmt.Sprintf("%s of the image are in several layers, more than %s %s in %s", human.Bytes(e.Wasted), highestWasted, l.Text, d.File)))
	}
	if l := d.HighestUserWasted; l.Bounds() && e.WastedOfUser > l.Value {
		over = append(over, warning(highestUserWasted, min(e.WastedOfUser, math.MaxFloat64), l.Value, e.Inefficient,
			fmt.Sprintf("%.4f of what stands on the lowest layer is in several layers, more than %s %s in %s", e.WastedOfUser, highestUserWasted, l.Text, d.File)))
	}
	return over
}

// shown is how many parts a message names.
const shown = 3

func warning(rule string, figure, limit float64, parts []event.ExcessPart, message string) event.Warning {
	parts = slices.Clone(parts)
	slices.SortStableFunc(parts, func(a, b event.ExcessPart) int { return cmp.Compare(b.Bytes, a.Bytes) })
	parts = slices.DeleteFunc(parts, func(p event.ExcessPart) bool { return p.Bytes <= 0 })
	var named []string
	for _, p := range parts[:min(shown, len(parts))] {
		named = append(named, fmt.Sprintf("%s %s", p.Name, human.Bytes(p.Bytes)))
	}
	if len(named) > 0 {
		message += ": " + strings.Join(named, ", ")
	}
	return event.Warning{Code: event.CodeOverBudget, Key: rule, Message: message,
		Over: &event.Excess{Rule: rule, Figure: figure, Limit: limit, Parts: parts[:min(most, len(parts))]}}
}

// most is how many parts an event names.
const most = 20

// grown returns by how much each step grew or, where it is not known what they were, what each adds to the base.
func (f Figures) grown() (parts []event.ExcessPart) {
	for i, s := range f.Steps {
		switch {
		case f.Was != nil:
			parts = append(parts, event.ExcessPart{Name: s.Name, Bytes: s.Bytes - max(s.Was, 0)})
		case i > 0 || len(f.Steps) == 1:
			parts = append(parts, event.ExcessPart{Name: s.Name, Bytes: s.Bytes})
		}
	}
	return parts
}

func sum(parts []event.ExcessPart) (n int64) {
	for _, p := range parts {
		n += p.Bytes
	}
	return n
}

// growth returns the ratio by which a size grew.
func growth(was, is int64) float64 {
	if was == 0 && is == 0 {
		return 0
	}
	return min(float64(is-was)/float64(was), math.MaxFloat64)
}

// percent formats a ratio as a percentage with two digits, or more where fewer would hide it.
func percent(ratio float64) string { return fmt.Sprintf("%.3g", ratio*100) }
