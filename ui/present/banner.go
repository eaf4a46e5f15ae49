package present

import (
	"fmt"

	"github.com/stagewatch/stagewatch/engine/event"
	"github.com/stagewatch/stagewatch/ui/draw"
	"github.com/stagewatch/stagewatch/ui/story"
)

// Banner says what must not be overlooked and what to do about it. It is one line where both fit, else at most most lines.
// It is nil where there is nothing to say.
func Banner(v View, width, most int) []draw.Line {
	message, hint, sign := v.alarm()
	if message == "" {
		return nil
	}
	line := draw.Line{}.Add(sign, "▲ "+message)
	both := append(line, hinted(" · ", hint)...)
	if both.Width() <= width || most < 2 {
		return []draw.Line{both}
	}
	if hint == "" {
		return line.Fit(width, 2, most)
	}
	lines := line.Fit(width, 2, most-1)
	return append(lines, hinted("  ", hint).Fit(width, 2, most-len(lines))...)
}

// alarm returns what the banner says, empty where there is nothing. It does not repeat what the status says.
func (v View) alarm() (message, hint string, sign draw.Style) {
	sign = draw.Bad | draw.Bold
	w := v.loudest()
	switch {
	case w != nil:
		message, hint = w.Message, w.Hint
		if w.Code != event.CodeEngineGone && w.Code != event.CodePortTaken {
			sign = draw.Warn
		}
		if v.status().quotes == message && hint != "" {
			message, hint = hintLabel+hint, ""
		}
	case v.Story.Starting != nil && v.Story.Starting.Message != "":
		sign, message, hint = draw.Warn, v.Story.Starting.Message, v.Story.Starting.Hint
	case v.Story.Down != nil && v.Story.Down.Reason != event.StopAsked:
		d := v.Story.Down
		message = fmt.Sprintf("the app of build #%d exited with code %d", d.Build, d.ExitCode)
		hint = "see its last lines in the logs (" + v.Keys.Logs + ")"
		if d.ErrorLine != "" {
			message = fmt.Sprintf("%s (build #%d exited with code %d)", d.ErrorLine, d.Build, d.ExitCode)
		}
	}
	return message, hint, sign
}

// loudest returns the newest warning that must be seen at once, nil where there is none. The others wait in their tab.
func (v View) loudest() *story.Warning {
	for _, code := range []string{event.CodeEngineGone, event.CodePortTaken} {
		if w := v.Story.Warned(code); w != nil {
			return w
		}
	}
	for i := len(v.Story.Warnings) - 1; i >= 0; i-- {
		w := &v.Story.Warnings[i]
		if w.Past {
			continue
		}
		switch w.Code {
		case event.CodeNotReady, event.CodeNetworkLost, event.CodeAnswersError, event.CodeLibcMismatch, event.CodeContextUnreadable:
			return w
		}
		if w.OfWatching() {
			return w
		}
	}
	return nil
}

// hintLabel stands before every hint, as on every face.
const hintLabel = "hint: "

// hinted returns the hint with its label, after what stands between it and the message. It is empty without a hint.
func hinted(between, hint string) draw.Line {
	if hint == "" {
		return nil
	}
	return draw.Line{}.Add(draw.Dim, between).Add(draw.Accent, hintLabel).Add(draw.Dim, hint)
}
