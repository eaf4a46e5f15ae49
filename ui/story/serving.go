package story

import (
	"fmt"

	"github.com/stagewatch/stagewatch/engine/event"
	"github.com/stagewatch/stagewatch/ui/clean"
)

func (s *Story) serving(e event.Event, b event.Serving) {
	number := e.Build
	prev := s.Serving
	s.Serving = &Serving{
		Build: number, URL: clean.Line(b.URL), Container: clean.Line(b.Container), Image: clean.Line(b.Image),
		MS: b.MS, Behind: b.EditsBehind, At: e.Time,
	}
	if prev == nil || prev.Build != number {
		s.crashes = 0
	}
	s.Down = nil
	s.clear(PortTaken)
	if b.EditsBehind == 0 {
		s.Stale = nil
	}
	again := false
	if build := s.Build(number); build != nil {
		again, build.Mishap = build.Served, ""
		if !again {
			build.ServedMS, build.Served = b.MS, true
			s.Unserved -= min(s.Unserved, build.unserved)
			for _, later := range s.Builds {
				if later.Number >= number {
					later.unserved -= min(later.unserved, build.unserved)
				}
			}
		}
	}
	if prev != nil && prev.Build == number && prev.Container == s.Serving.Container {
		return
	}
	text := fmt.Sprintf("build %d serves from here", number)
	if again {
		text = fmt.Sprintf("build %d restarted, serves from here", number)
	}
	s.Logs.Add(Entry{Time: e.Time, Kind: Boundary, Build: number, Text: text})
}

func (s *Story) stopped(e event.Event, b event.Stopped) {
	b.Container, b.Reason = clean.Line(b.Container), clean.Line(b.Reason)
	switch b.Reason {
	case "replaced", "quit":
		return
	case "asked":
		s.Logs.Add(Entry{Time: e.Time, Kind: Boundary, Build: e.Build, Text: "stopped on request"})
	default:
		s.crashes++
		if build := s.Build(e.Build); build != nil {
			build.Mishap = stopText(b)
		}
		s.Logs.Add(Entry{Time: e.Time, Kind: Mishap, Build: e.Build, Text: stopText(b)})
	}
	serves := s.Serving != nil && s.Serving.Container == b.Container
	if serves {
		s.Serving = nil
	}
	if s.Serving == nil {
		s.Down = &Down{Stopped: b, Build: e.Build, At: e.Time, Crashes: s.crashes}
	}
}

func stopText(b event.Stopped) string {
	switch b.Reason {
	case "crash-loop":
		return fmt.Sprintf("crash loop: exited with code %d again and again", b.ExitCode)
	case "unready":
		return "the new container never answered"
	}
	return fmt.Sprintf("exited with code %d", b.ExitCode)
}

// Behind is how many edits what serves is behind the newest source.
func (s *Story) Behind() int {
	n := s.Unserved
	if s.Serving != nil {
		n = max(n, s.Serving.Behind)
	}
	if s.Stale != nil {
		n = max(n, s.Stale.EditsBehind)
	}
	return n
}
