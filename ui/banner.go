package ui

import (
	"fmt"
	"strings"

	"github.com/stagewatch/stagewatch/ui/draw"
	"github.com/stagewatch/stagewatch/ui/story"
)

// banner is what must not be overlooked, with what to do about it: in one line where both fit, else in as many as the
// panels can spare.
func (m *Model) banner() []draw.Line {
	message, hint, sign := m.alarm()
	if message == "" {
		return nil
	}
	width := m.width - 2
	line := draw.Line{}.Add(sign, "▲ "+message)
	both := line
	if hint != "" {
		both = line.Add(draw.Dim, " · "+hint)
	}
	most := m.height - gridHeight - 2 - len(m.summaryLines())
	if m.opt.Tape != nil {
		most--
	}
	if most = min(most, 4); both.Width() <= width || most < 2 {
		return []draw.Line{both}
	}
	if hint == "" {
		return line.Fit(width, 2, most)
	}
	lines := line.Fit(width, 2, most-1)
	return append(lines, draw.Line{}.Add(draw.Dim, "  "+hint).Fit(width, 2, most-len(lines))...)
}

// alarm is what the banner says, empty where there is nothing. What the status line says already is not said again.
func (m *Model) alarm() (message, hint string, sign draw.Style) {
	sign = draw.Bad | draw.Bold
	w := m.loudest()
	switch {
	case w != nil:
		message, hint = w.Message, w.Hint
		if w.Code != story.EngineGone && w.Code != story.PortTaken {
			sign = draw.Warn
		}
		if strings.HasSuffix(m.status().text, message) && hint != "" {
			message, hint = hint, ""
		}
	case m.story.Starting != nil && m.story.Starting.Message != "":
		sign, message, hint = draw.Warn, m.story.Starting.Message, m.story.Starting.Hint
	case m.story.Down != nil && m.story.Down.Reason != "asked":
		d := m.story.Down
		message = fmt.Sprintf("the app of build #%d exited with code %d", d.Build, d.ExitCode)
		hint = "its last lines are in the logs (" + m.keys.Logs.Help().Key + ")"
		if d.Said != "" {
			message, hint = d.Said, message+"; "+hint
		}
	}
	return message, hint, sign
}

// loudest is the newest warning that is for everyone to see, nil where there is none; the others wait in
// their tab.
func (m *Model) loudest() *story.Warning {
	for _, code := range []string{story.EngineGone, story.PortTaken} {
		if w := m.story.Warned(code); w != nil {
			return w
		}
	}
	for i := len(m.story.Warnings) - 1; i >= 0; i-- {
		w := &m.story.Warnings[i]
		if w.Past {
			continue
		}
		switch w.Code {
		case story.NotReady, story.NetworkLost, "answers-error", "libc-mismatch", "context-unreadable":
			return w
		}
		if strings.HasPrefix(w.Code, "watch-") {
			return w
		}
	}
	return nil
}

func hinted(hint string) string {
	if hint == "" {
		return ""
	}
	return " · " + hint
}
