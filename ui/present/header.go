package present

import (
	"cmp"
	"fmt"
	"strings"

	"github.com/stagewatch/stagewatch/engine/event"
	"github.com/stagewatch/stagewatch/engine/human"
	"github.com/stagewatch/stagewatch/ui/clean"
	"github.com/stagewatch/stagewatch/ui/draw"
	"github.com/stagewatch/stagewatch/ui/story"
)

// status says what serves and how fresh that is. It is always on the screen.
type status struct {
	badge draw.Style
	word  string
	text  string
	// quotes are words of the engine that end the text.
	quotes string
}

func (v View) status() status {
	s, cur := v.Story, v.Story.Current()
	building := cur != nil && cur.State == story.Building
	if v.Story.Warned(event.CodeEngineGone) != nil {
		if s.Serving != nil {
			return status{badge: draw.BadgeBad, word: "ENGINE DOWN", text: fmt.Sprintf("build #%d served last", s.Serving.Build)}
		}
		return status{badge: draw.BadgeBad, word: "ENGINE DOWN", text: "nothing is built or served until it is back"}
	}
	if s.Companion != nil {
		return companion(*s.Companion)
	}
	if s.Serving == nil {
		return v.statusDown(building)
	}
	serves := fmt.Sprintf("build #%d serves", s.Serving.Build)
	behind := s.Behind
	if behind == 0 {
		switch {
		case s.Watching != nil && !s.Watching.On:
			return status{badge: draw.BadgeWarn, word: "NOT WATCHING", text: serves + ", newer saves are not seen"}
		case building:
			return status{badge: draw.BadgeAccent, word: "BUILDING", text: fmt.Sprintf("build #%d · %s", cur.Number, serves)}
		case cur != nil && cur.State == story.Failed && cur.Number > s.Serving.Build:
			return status{badge: draw.BadgeBad, word: "STALE", text: fmt.Sprintf("%s, build #%d failed", serves, cur.Number)}
		}
		return status{badge: draw.BadgeGood, word: "LIVE", text: serves + " the newest save"}
	}
	serves += ", " + human.Count(behind, "edit") + " behind"
	gate := s.Gating()
	switch {
	case gate != nil:
		return status{badge: draw.BadgeAccent, word: "CHECKING", text: fmt.Sprintf("build #%d, %s · %s", cur.Number, gate.Named(), serves)}
	case building:
		return status{badge: draw.BadgeAccent, word: "BUILDING", text: fmt.Sprintf("build #%d · %s", cur.Number, serves)}
	case cur != nil && cur.State == story.Built && cur.Number > s.Serving.Build && s.Down == nil && (s.Stale == nil || s.Stale.Reason == ""):
		return status{badge: draw.BadgeAccent, word: "STARTING", text: fmt.Sprintf("build #%d%s · %s", cur.Number, v.waitedFor(cur.Number), serves)}
	}
	st := status{badge: draw.BadgeBad, word: "STALE", text: serves}
	switch {
	case cur != nil && cur.State == story.Failed:
		// The line below says where it failed.
		st.text += fmt.Sprintf(": build #%d failed", cur.Number)
	case s.Stale != nil && s.Stale.Reason != "":
		st.text, st.quotes = serves+": ", s.Stale.Reason
	}
	return st
}

// companion is the status of a service that docker compose runs.
func companion(c event.Companion) status {
	st := status{badge: draw.BadgeAccent, word: strings.ToUpper(string(c.State)), text: "docker compose runs it"}
	switch c.State {
	case event.CompanionWaiting:
		st.text = cmp.Or(c.Message, st.text)
	case event.CompanionRunning, event.CompanionHealthy:
		st.badge = draw.BadgeGood
	case event.CompanionUnhealthy:
		st.badge = draw.BadgeBad
	case event.CompanionExited:
		st.badge, st.text = draw.BadgeGood, "it has done its work"
		if c.ExitCode != 0 {
			st.badge, st.text = draw.BadgeBad, fmt.Sprintf("exit code %d", c.ExitCode)
		}
	}
	return st
}

// statusDown is the status while nothing serves.
func (v View) statusDown(building bool) status {
	s, cur := v.Story, v.Story.Current()
	if w := s.Warned(event.CodePortTaken); w != nil {
		return status{badge: draw.BadgeBad, word: "PORT TAKEN", text: "nothing serves: ", quotes: w.Message}
	}
	if d := s.Down; d != nil && !building {
		switch {
		case d.Reason == event.StopAsked:
			return status{badge: draw.BadgeWarn, word: "STOPPED", text: "nothing serves, " + v.Keys.Restart + " starts it again"}
		case d.Reason == event.StopCrashLoop:
			return status{badge: draw.BadgeBad, word: "CRASH LOOP", text: fmt.Sprintf("nothing serves: exit code %d, again and again", d.ExitCode)}
		case d.Reason == event.StopUnready:
			return status{badge: draw.BadgeBad, word: "NOT ANSWERING", text: fmt.Sprintf("nothing serves: build #%d never answered", d.Build)}
		}
		return status{badge: draw.BadgeBad, word: "DOWN", text: fmt.Sprintf("nothing serves: exited with code %d", d.ExitCode)}
	}
	switch {
	case s.Warned(event.CodeNoDockerfile) != nil:
		return status{badge: draw.BadgeWarn, word: "NO DOCKERFILE", text: "nothing to build here"}
	case s.Engine == nil && cur == nil:
		return status{badge: draw.BadgeAccent, word: "WAITING", text: "for the engine"}
	case cur == nil:
		return status{badge: draw.BadgeAccent, word: "WAITING", text: "for the first build"}
	case building:
		return status{badge: draw.BadgeAccent, word: "BUILDING", text: fmt.Sprintf("build #%d · nothing serves yet", cur.Number)}
	case cur.State == story.Failed:
		return status{badge: draw.BadgeBad, word: "NOTHING SERVES", text: fmt.Sprintf("build #%d failed", cur.Number)}
	case s.Gating() != nil:
		return status{badge: draw.BadgeAccent, word: "CHECKING", text: fmt.Sprintf("build #%d, %s · nothing serves yet", cur.Number, s.Gating().Named())}
	case cur.State == story.Built && s.Stale != nil && s.Stale.Reason != "":
		return status{badge: draw.BadgeBad, word: "NOTHING SERVES", quotes: s.Stale.Reason}
	case cur.State == story.Built:
		return status{badge: draw.BadgeAccent, word: "STARTING", text: fmt.Sprintf("build #%d", cur.Number) + v.waitedFor(cur.Number)}
	}
	return status{badge: draw.BadgeWarn, word: "NOTHING SERVES", text: "no build has finished yet"}
}

// statusLine is the whole status with the address.
func (v View) statusLine() draw.Line {
	st := v.status()
	line := draw.Line{}.Add(st.badge, " "+st.word+" ").Add(draw.Plain, " ").Add(draw.Plain|draw.Bold, st.text+st.quotes)
	if s := v.Story.Serving; s != nil && s.URL != "" {
		line = line.Add(draw.Plain, "  ").Add(draw.Accent|draw.Underline, s.URL)
	}
	return line
}

// waitedFor says what the new container of a build waits for.
func (v View) waitedFor(build int) string {
	if s := v.Story.Starting; s != nil && s.Build == build {
		return ", waiting for " + s.For
	}
	return ""
}

// Header is the first line of the screen. At its left are freshness and address, which are never cut first; at its right,
// as far as there is room, names, engine and savings. tape is the state of a replay that stands nowhere else.
func Header(v View, width int, tape string) (left, right draw.Line) {
	left = v.statusLine()
	if left.Width() > width {
		left = v.narrowStatus(v.status(), left)
	}
	facts, room := v.facts(tape), width-min(left.Width(), width)-3
	for n := len(facts); n > 0; n-- {
		right = draw.Line{}.Add(draw.Dim, strings.Join(facts[:n], " · "))
		if right.Width() <= room {
			return left, right
		}
	}
	return left, nil
}

// HeaderCut reports whether [Header] leaves out why what serves is old.
func HeaderCut(v View, width int) bool {
	return v.status().badge == draw.BadgeBad && v.statusLine().Width() > width
}

// facts are what the header says beside the status, the most important first.
func (v View) facts(tape string) []string {
	var facts []string
	for _, d := range v.Story.Draining {
		facts = append(facts, d.String())
	}
	if tape != "" {
		facts = append(facts, tape)
	}
	name := clean.Line(v.Context)
	if name == "" {
		// A recording does not say what it was made of. The image has the context's name unless it was named by hand.
		name = v.Story.Name()
	}
	if name != "" {
		if b := v.Shown(); b != nil && b.Target != "" {
			name += " → " + b.Target
		} else if v.Target != "" {
			name += " → " + clean.Line(v.Target)
		}
		facts = append(facts, name)
	}
	if v.Story.Saved > 0 {
		facts = append(facts, "cache saved "+draw.Millis(v.Story.Saved))
	}
	if e := v.Story.Engine; e != nil {
		facts = append(facts, strings.TrimSpace(e.Name+" "+e.Version))
		if e.Builder != event.OwnBuilder && e.Builder != "" {
			facts = append(facts, "builder "+e.Builder)
		}
	}
	if f := clean.Line(v.Dockerfile); f != "" && f != "Dockerfile" {
		facts = append(facts, f)
	}
	return facts
}

// narrowStatus says the status in fewer words and leaves out what every address begins with.
func (v View) narrowStatus(st status, left draw.Line) draw.Line {
	s := v.Story.Serving
	if s == nil || st.word == "ENGINE DOWN" {
		return left
	}
	text := fmt.Sprintf("#%d serves", s.Build)
	if v.Story.Behind > 0 {
		text += ", " + human.Count(v.Story.Behind, "edit") + " behind"
	}
	short := draw.Line{}.Add(st.badge, " "+st.word+" ").Add(draw.Plain, " ").Add(draw.Plain|draw.Bold, text)
	if s.URL != "" {
		short = short.Add(draw.Plain, "  ").Add(draw.Accent|draw.Underline, strings.TrimPrefix(s.URL, "http://"))
	}
	return short
}

// Standing is how what is watched stands, in a word or two.
func (v View) Standing() draw.Seg {
	st := v.status()
	return draw.Seg{Style: st.badge, Text: " " + st.word + " "}
}
