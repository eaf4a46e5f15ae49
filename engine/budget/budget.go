// Package budget holds a build to what it may come to: its size and layers, what of it is wasted, by how much it grew, and the
// rules that users of dive keep in a .dive-ci.
//
// Limits and figures come in as values, and what exceeds a limit goes out as warnings. The package measures nothing, reads
// no file, and does not decide what becomes of a build that is over its budget.
package budget

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/docker/go-units"

	"github.com/stagewatch/stagewatch/engine/fault"
)

// Disabled is the value of a rule that holds whatever the figure is, as in a .dive-ci.
const Disabled = "disabled"

// Flags are the limits as flags give them, empty for none.
type Flags struct {
	// MaxSize and MaxWasted are sizes, as 70MB; MaxGrowth is a percentage, as 2%; MaxLayers is a number.
	MaxSize, MaxWasted, MaxGrowth, MaxLayers string
	// CIConfig is the file of dive's rules, empty for the .dive-ci of the context if that has one, "none" for none.
	CIConfig string
}

// Limits are what a build may come to.
type Limits struct {
	// Size and Wasted are in bytes, Growth is a ratio, Layers a number.
	Size, Wasted, Growth, Layers Limit
	// Dive are the rules of a .dive-ci, nil where there is none.
	Dive *Dive
}

// Limit is the most, or for dive's efficiency the least, that a figure may be. The zero value bounds nothing.
type Limit struct {
	Value float64
	// Text is the limit as it was written, empty for none.
	Text string
}

// Bounds reports whether there is a limit.
func (l Limit) Bounds() bool { return l.Text != "" }

// Any reports whether there is a limit at all.
func (l Limits) Any() bool {
	return l.Size.Bounds() || l.Wasted.Bounds() || l.Growth.Bounds() || l.Layers.Bounds() || l.Dive != nil
}

// Parse returns the limits that flags give. It leaves dive's rules to [ParseDive].
func Parse(f Flags) (Limits, error) {
	var l Limits
	for _, flag := range []struct {
		name, value string
		limit       *Limit
		read        func(string) (float64, error)
		hint        string
	}{
		{"max-size", f.MaxSize, &l.Size, size, "Write a size, e.g. --max-size 70MB."},
		{"max-wasted", f.MaxWasted, &l.Wasted, size, "Write a size, e.g. --max-wasted 1MB."},
		{"max-growth", f.MaxGrowth, &l.Growth, percentage, "Write a percentage, e.g. --max-growth 2%."},
		{"max-layers", f.MaxLayers, &l.Layers, number, "Write a number, e.g. --max-layers 12."},
	} {
		if flag.value == "" || flag.value == Disabled {
			continue
		}
		v, err := flag.read(flag.value)
		if err != nil {
			return Limits{}, &fault.Error{What: fmt.Sprintf("reading --%s %q", flag.name, flag.value), Err: err, Hint: flag.hint}
		}
		*flag.limit = Limit{v, flag.value}
	}
	return l, nil
}

// size reads a size as docker does, in powers of 1000. Docker takes MiB for the same as MB; here it is what it says.
func size(text string) (float64, error) {
	read := units.FromHumanSize
	if strings.HasSuffix(strings.ToLower(text), "ib") {
		read = units.RAMInBytes
	}
	n, err := read(text)
	if err != nil {
		return 0, errors.New("this is no size")
	}
	return float64(n), nil
}

func percentage(text string) (float64, error) {
	digits, ok := strings.CutSuffix(text, "%")
	if !ok {
		return 0, errors.New("the % is missing")
	}
	n, err := strconv.ParseFloat(strings.TrimSpace(digits), 64)
	if err != nil || math.IsNaN(n) || n < 0 {
		return 0, errors.New("this is no percentage")
	}
	return n / 100, nil
}

func number(text string) (float64, error) {
	n, err := strconv.ParseUint(text, 10, 16)
	if err != nil {
		return 0, errors.New("this is no number of layers")
	}
	return float64(n), nil
}
