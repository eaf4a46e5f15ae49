package ui

import (
	"fmt"
	"strings"

	"github.com/stagewatch/stagewatch/engine/human"
	"github.com/stagewatch/stagewatch/ui/clean"
	"github.com/stagewatch/stagewatch/ui/draw"
	"github.com/stagewatch/stagewatch/ui/story"
)

// status is what serves, and how fresh that is: the one thing that is always on the screen.
type status struct {
	badge draw.Style
	word  string
	text  string
}

func (m *Model) status() status {
	s, cur := m.story, m.story.Current()
	building := cur != nil && cur.State == story.Building
	if m.story.Warned(story.EngineGone) != nil {
		if s.Serving != nil {
			return status{draw.BadgeBad, "ENGINE DOWN", fmt.Sprintf("build #%d served last", s.Serving.Build)}
		}
		return status{draw.BadgeBad, "ENGINE DOWN", "nothing is built or served until it is back"}
	}
	if s.Serving == nil {
		return m.statusDown(building)
	}
	serves := fmt.Sprintf("build #%d serves", s.Serving.Build)
	behind := s.Behind
	if behind == 0 {
		switch {
		case s.Watching != nil && !s.Watching.On:
			return status{draw.BadgeWarn, "NOT WATCHING", serves + ", newer saves are not seen"}
		case building:
			return status{draw.BadgeAccent, "BUILDING", fmt.Sprintf("build #%d · %s", cur.Number, serves)}
		case cur != nil && cur.State == story.Failed && cur.Number > s.Serving.Build:
			return status{draw.BadgeBad, "STALE", fmt.Sprintf("%s, build #%d failed", serves, cur.Number)}
		}
		return status{draw.BadgeGood, "LIVE", serves + " the newest save"}
	}
	serves += ", " + human.Count(behind, "edit") + " behind"
	switch {
	case building:
		return status{draw.BadgeAccent, "BUILDING", fmt.Sprintf("build #%d · %s", cur.Number, serves)}
	case cur != nil && cur.State == story.Built && cur.Number > s.Serving.Build && s.Down == nil && (s.Stale == nil || s.Stale.Reason == ""):
		return status{draw.BadgeAccent, "STARTING", fmt.Sprintf("build #%d%s · %s", cur.Number, m.waitedFor(cur.Number), serves)}
	}
	why := ""
	switch {
	case cur != nil && cur.State == story.Failed:
		// Where it failed is in the line below.
		why = fmt.Sprintf(": build #%d failed", cur.Number)
	case s.Stale != nil && s.Stale.Reason != "":
		why = ": " + s.Stale.Reason
	}
	return status{draw.BadgeBad, "STALE", serves + why}
}

// statusDown is the status while nothing serves.
func (m *Model) statusDown(building bool) status {
	s, cur := m.story, m.story.Current()
	if w := s.Warned(story.PortTaken); w != nil {
		return status{draw.BadgeBad, "PORT TAKEN", "nothing serves: " + w.Message}
	}
	if d := s.Down; d != nil && !building {
		switch {
		case d.Reason == "asked":
			return status{draw.BadgeWarn, "STOPPED", "nothing serves, " + m.keys.Restart.Help().Key + " starts it again"}
		case d.Reason == "crash-loop":
			return status{draw.BadgeBad, "CRASH LOOP", fmt.Sprintf("nothing serves: exit code %d, again and again", d.ExitCode)}
		case d.Reason == "unready":
			return status{draw.BadgeBad, "NOT ANSWERING", fmt.Sprintf("nothing serves: build #%d never answered", d.Build)}
		}
		return status{draw.BadgeBad, "DOWN", fmt.Sprintf("nothing serves: exited with code %d", d.ExitCode)}
	}
	switch {
	case s.Warned(story.NoDockerfile) != nil:
		return status{draw.BadgeWarn, "NO DOCKERFILE", "nothing to build here"}
	case s.Engine == nil && cur == nil:
		return status{draw.BadgeAccent, "WAITING", "for the engine"}
	case cur == nil:
		return status{draw.BadgeAccent, "WAITING", "for the first build"}
	case building:
		return status{draw.BadgeAccent, "BUILDING", fmt.Sprintf("build #%d · nothing serves yet", cur.Number)}
	case cur.State == story.Failed:
		return status{draw.BadgeBad, "NOTHING SERVES", fmt.Sprintf("build #%d failed", cur.Number)}
	case cur.State == story.Built:
		return status{draw.BadgeAccent, "STARTING", fmt.Sprintf("build #%d", cur.Number) + m.waitedFor(cur.Number)}
	}
	return status{draw.BadgeWarn, "NOTHING SERVES", "no build has finished yet"}
}

// statusLine is the status with the address, in full.
func (m *Model) statusLine() draw.Line {
	st := m.status()
	line := draw.Line{}.Add(st.badge, " "+st.word+" ").Add(draw.Plain, " ").Add(draw.Plain|draw.Bold, st.text)
	if s := m.story.Serving; s != nil && s.URL != "" {
		line = line.Add(draw.Plain, "  ").Add(draw.Accent|draw.Underline, s.URL)
	}
	return line
}

// waitedFor is what the new container of a build has yet to do.
func (m *Model) waitedFor(build int) string {
	if s := m.story.Starting; s != nil && s.Build == build {
		return ", waiting for " + s.For
	}
	return ""
}

// drawStatus writes the first line: freshness and address at the left, where they are never cut first,
// then names, engine and savings as far as there is room.
func (m *Model) drawStatus(c *draw.Canvas, r draw.Rect) {
	left := m.statusLine()
	if left.Width() > r.W {
		left = m.narrowStatus(m.status(), left)
	}
	used := c.Line(r.X, r.Y, r.W, left)
	var right []string
	for _, d := range m.story.Draining {
		right = append(right, d.String())
	}
	if m.opt.Tape != nil && m.layout().scrub.Empty() {
		right = append(right, m.tapeText())
	}
	name := clean.Line(m.opt.Context)
	if name == "" {
		// A recording does not say what it was made of; the image is called by it, where nobody named it.
		name = m.story.Name()
	}
	if name != "" {
		if b := m.shown(); b != nil && b.Target != "" {
			name += " → " + b.Target
		} else if m.opt.Target != "" {
			name += " → " + clean.Line(m.opt.Target)
		}
		right = append(right, name)
	}
	if m.story.Saved > 0 {
		right = append(right, "cache saved "+draw.Millis(m.story.Saved))
	}
	if e := m.story.Engine; e != nil {
		right = append(right, strings.TrimSpace(e.Name+" "+e.Version))
	}
	if f := clean.Line(m.opt.Dockerfile); f != "" && f != "Dockerfile" {
		right = append(right, f)
	}
	for n := len(right); n > 0; n-- {
		line := draw.Line{}.Add(draw.Dim, strings.Join(right[:n], " · "))
		if line.Width() <= r.W-used-3 {
			c.Right(r.X+used+2, r.Y, r.W-used-3, line)
			return
		}
	}
}

// narrowStatus says the status in fewer words, and where it is reached without what every address has.
func (m *Model) narrowStatus(st status, left draw.Line) draw.Line {
	s := m.story.Serving
	if s == nil || st.word == "ENGINE DOWN" {
		return left
	}
	text := fmt.Sprintf("#%d serves", s.Build)
	if m.story.Behind > 0 {
		text += ", " + human.Count(m.story.Behind, "edit") + " behind"
	}
	short := draw.Line{}.Add(st.badge, " "+st.word+" ").Add(draw.Plain, " ").Add(draw.Plain|draw.Bold, text)
	if s.URL != "" {
		short = short.Add(draw.Plain, "  ").Add(draw.Accent|draw.Underline, strings.TrimPrefix(s.URL, "http://"))
	}
	return short
}

func (m *Model) spinner() string {
	frames := []string{"⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"}
	return frames[((m.spin%len(frames))+len(frames))%len(frames)]
}
