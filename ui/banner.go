package ui

import (
	"fmt"
	"strings"

	"github.com/stagewatch/stagewatch/ui/draw"
	"github.com/stagewatch/stagewatch/ui/story"
)

// banner is what must not be overlooked, with what to do about it: one line where both fit, else two.
// What the status line says already is not said again.
func (m *Model) banner() []draw.Line {
	sign, message, hint := draw.Bad|draw.Bold, "", ""
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
	case m.story.Down != nil && m.story.Down.Reason != "asked":
		d := m.story.Down
		message = fmt.Sprintf("the app of build #%d exited with code %d", d.Build, d.ExitCode)
		hint = "its last lines are in the logs (" + m.keys.Logs.Help().Key + ")"
		if d.Said != "" {
			message, hint = d.Said, message+"; "+hint
		}
	default:
		return nil
	}
	line := draw.Line{}.Add(sign, "▲ "+message)
	if hint == "" {
		return []draw.Line{line}
	}
	if both := line.Add(draw.Dim, " · "+hint); both.Width() <= m.width-2 || m.height < gridHeight+3 {
		return []draw.Line{both}
	}
	return []draw.Line{line, draw.Line{}.Add(draw.Dim, "  "+hint)}
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
		case story.NotReady, "libc-mismatch", "context-unreadable":
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
