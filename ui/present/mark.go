package present

import (
	"cmp"

	"github.com/stagewatch/stagewatch/engine/event"
	"github.com/stagewatch/stagewatch/ui/draw"
	"github.com/stagewatch/stagewatch/ui/story"
)

// mark is how a step's state looks: a sign, a word and a colour. Words in small letters are predictions.
type mark struct {
	sign, word string
	style      draw.Style
}

func (v View) mark(b *story.Build, s *story.Step) mark {
	if s.CountsElsewhere() {
		return mark{"=", s.Word(), draw.Dim}
	}
	switch s.State {
	case event.Running:
		return mark{v.spinner(), s.Word(), draw.Accent | draw.Bold}
	case event.Hit:
		return mark{"✓", s.Word(), draw.Good}
	case event.Ran:
		return mark{"●", s.Word(), draw.Warn}
	case event.Fail:
		return mark{"✗", s.Word(), draw.Bad | draw.Bold}
	case event.Skip, event.Canceled:
		return mark{"-", s.Word(), draw.Dim}
	case story.HandedOn:
		return mark{"→", s.Word(), draw.Dim}
	}
	switch {
	case b.Over():
		return mark{"·", "not seen", draw.Dim}
	case s.Prediction == event.WillRerun || s.Prediction == event.MayRerun:
		return mark{"○", s.Prediction.Word(), draw.Plain}
	}
	return mark{"○", cmp.Or(s.Prediction.Word(), "waiting"), draw.Dim}
}

func (v View) stepTime(b *story.Build, s *story.Step) draw.Line {
	if s.CountsElsewhere() {
		return nil
	}
	switch s.State {
	case event.Running:
		return draw.Line{}.Add(draw.Accent, draw.Millis(v.Now.Sub(s.Started).Milliseconds()))
	case event.Hit:
		if s.Saved > 0 {
			return draw.Line{}.Add(draw.Good, "saved "+draw.Millis(s.Saved))
		}
	case event.Ran, event.Fail, event.Canceled:
		return draw.Line{}.Add(draw.Plain, draw.Millis(s.MS))
	case "":
		if !b.Over() && s.Prediction != event.WillHit {
			if ms := v.lastRun(s); ms > 0 {
				return draw.Line{}.Add(draw.Dim, "≈"+draw.Millis(ms))
			}
		}
	}
	return nil
}

// lastRun returns how long a step took when it last ran, in milliseconds; 0 if that is not known.
func (v View) lastRun(s *story.Step) int64 {
	for _, r := range v.Story.History(s) {
		if r.State == event.Ran {
			return r.MS
		}
	}
	return s.Last
}
