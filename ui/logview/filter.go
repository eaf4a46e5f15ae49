package logview

import (
	"fmt"
	"strings"

	"github.com/stagewatch/stagewatch/engine/human"
	"github.com/stagewatch/stagewatch/ui/draw"
	"github.com/stagewatch/stagewatch/ui/look"
	"github.com/stagewatch/stagewatch/ui/present"
	"github.com/stagewatch/stagewatch/ui/story"
)

// Filter is the text that lines must hold, or must not hold after an exclamation mark; empty for none.
func (v *Log) Filter() string { return v.filter }

// SetFilter filters from now on, and follows again.
func (v *Log) SetFilter(s string) {
	v.filter = s
	v.resume()
	v.update()
}

// PassedNote says how many of the app's lines pass the filter.
func (v *Log) PassedNote() draw.Line {
	if v.pattern() == "" {
		return nil
	}
	n, r := 0, v.logs()
	for _, seq := range v.passed.seqs {
		if r.At(seq).Kind == story.LogLine {
			n++
		}
	}
	return draw.Line{}.Add(draw.Accent, human.Count(n, "line"))
}

// shows reports whether an entry is among those that passed the filter.
func (v *Log) shows(e *story.Entry) bool {
	if v.pattern() == "" {
		return true
	}
	_, ok := v.passed.at(e.Seq)
	return ok
}

// pattern is the text of the filter. A filter that begins with an exclamation mark leaves out the lines that hold it.
func (v *Log) pattern() string { return strings.TrimPrefix(v.filter, "!") }

func (v *Log) leavesOut() bool { return strings.HasPrefix(v.filter, "!") }

// passes reports whether the filter lets an entry pass. Our own marks always pass.
func (v *Log) passes(e *story.Entry) bool {
	return e.Kind != story.LogLine || look.Holds(v.readable(e), v.pattern()) != v.leavesOut()
}

// readable returns an entry as the screen shows it.
func (v *Log) readable(e *story.Entry) string {
	if !v.Raw && e.Kind == story.LogLine {
		if nice := present.ReadableLog(e.Text); nice != nil {
			return nice.Text()
		}
	}
	return draw.Strip(e.Text)
}

// update filters and searches the entries that came since the last call.
func (v *Log) update() {
	shape := fmt.Sprint(v.Raw, v.filter)
	if v.pattern() != "" {
		v.passed.update(v.logs(), shape, v.passes)
	}
	if v.look.Search != "" {
		v.hits.update(v.logs(), shape+"/"+v.look.Search, func(e *story.Entry) bool { return v.shows(e) && v.look.Finds(v.readable(e)) })
	}
}
