package budget

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/dustin/go-humanize"
	"go.yaml.in/yaml/v3"

	"github.com/stagewatch/stagewatch/engine/fault"
)

// Dive are the rules of dive v0.13.1, with its meanings and defaults.
type Dive struct {
	// File is what messages call the file that they are from.
	File string
	// LowestEfficiency is the least score, from 0 to 1. HighestWasted is in bytes, HighestUserWasted a ratio.
	LowestEfficiency, HighestWasted, HighestUserWasted Limit
}

// The names of dive's rules.
const (
	lowestEfficiency  = "lowestEfficiency"
	highestWasted     = "highestWastedBytes"
	highestUserWasted = "highestUserWastedPercent"
)

// ParseDive returns the rules in a .dive-ci. A rule that is not there has dive's default, and one that says "disabled"
// holds always.
func ParseDive(file string, data []byte) (*Dive, error) {
	var doc map[string]any
	if err := yaml.Unmarshal(data, &doc); err != nil {
		return nil, &fault.Error{What: "reading " + file, Err: err, Hint: "It is YAML: a map called rules, with one line for each rule."}
	}
	rules, _ := named(doc, "rules").(map[string]any)
	d := &Dive{File: file}
	for _, r := range []struct {
		name, usual string
		limit       *Limit
		read        func(string) (float64, error)
		hint        string
	}{
		{lowestEfficiency, "0.9", &d.LowestEfficiency, ratio, "Write a number from 0 to 1, or disabled."},
		{highestWasted, Disabled, &d.HighestWasted, diveSize, "Write a size, e.g. 20MB, or disabled."},
		{highestUserWasted, "0.1", &d.HighestUserWasted, ratio, "Write a number from 0 to 1, or disabled."},
	} {
		text := r.usual
		if v := named(rules, r.name); v != nil {
			text = written(v)
		}
		if text == Disabled {
			continue
		}
		v, err := r.read(text)
		if err != nil {
			return nil, &fault.Error{What: fmt.Sprintf("reading %s: %s: %q", file, r.name, text), Err: err, Hint: r.hint}
		}
		*r.limit = Limit{v, text}
	}
	return d, nil
}

// named returns the value of a key in whatever case, nil for none.
func named(m map[string]any, key string) any {
	for k, v := range m {
		if strings.EqualFold(k, key) {
			return v
		}
	}
	return nil
}

// written returns a value of YAML as dive writes it; what is no scalar is the empty text.
func written(v any) string {
	switch v := v.(type) {
	case string:
		return v
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64)
	case int, int64, uint64, bool:
		return fmt.Sprint(v)
	}
	return ""
}

func ratio(text string) (float64, error) {
	v, err := strconv.ParseFloat(text, 64)
	switch {
	case err != nil:
		return 0, errors.New("this is no number")
	case v < 0 || v > 1:
		return 0, errors.New("this is not between 0 and 1")
	}
	return v, nil
}

// diveSize reads a size by the same library as dive: 1 MB is 1000 kB, 1 MiB is 1024 KiB, and a comma may stand between digits.
func diveSize(text string) (float64, error) {
	n, err := humanize.ParseBytes(text)
	if err != nil {
		return 0, errors.New("this is no size")
	}
	return float64(n), nil
}
