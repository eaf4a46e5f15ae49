package story

import (
	"fmt"
	"slices"
	"strings"

	"github.com/stagewatch/stagewatch/engine/event"
	"github.com/stagewatch/stagewatch/engine/human"
	"github.com/stagewatch/stagewatch/ui/clean"
)

func (s *Story) serving(e event.Event, b event.Serving) {
	number := e.Build
	prev := s.Serving
	s.Serving = &Serving{
		Build: number, URL: clean.Line(b.URL), Container: clean.Line(b.Container), Image: clean.Line(b.Image),
		MS: b.MS, At: e.Time,
	}
	s.Down, s.looping, s.Behind, s.Starting = nil, false, b.EditsBehind, nil
	s.clear(event.CodePortTaken)
	s.clear(event.CodeNotReady)
	s.clear(event.CodeNetworkLost)
	if b.EditsBehind == 0 {
		s.Stale = nil
	}
	again := false
	if build := s.Build(number); build != nil {
		again, build.Mishap = build.Served, ""
		if !again {
			build.ServedMS, build.Served = b.MS, true
		}
	}
	if prev != nil && prev.Build == number && prev.Container == s.Serving.Container {
		return
	}
	text := fmt.Sprintf("build #%d serves from here", number)
	if again {
		text = fmt.Sprintf("build #%d restarted, serves from here", number)
	}
	s.Logs.Add(Entry{Time: e.Time, Kind: Boundary, Build: number, Text: text})
}

// starting records that a new container is not ready yet.
func (s *Story) starting(e event.Event, b event.Waiting) {
	b.Container, b.For, b.Message, b.Hint, b.Listening = clean.Line(b.Container), clean.Line(b.For), clean.Line(b.Message), clean.Line(b.Hint), lines(b.Listening)
	s.Starting = &Starting{b, e.Build}
}

// draining records that an old container finishes requests.
func (s *Story) draining(e event.Event, b event.Draining) {
	d := Draining{clean.Line(b.Container), e.Build, b.Requests}
	s.Draining = append(s.Draining, d)
	s.Logs.Add(Entry{Time: e.Time, Kind: Gap, Build: e.Build, Text: d.String()})
}

func (d Draining) String() string {
	return fmt.Sprintf("build #%d finishes %s", d.Build, human.Count(d.Requests, "request"))
}

func (s *Story) stopped(e event.Event, b event.Stopped) {
	b.Container, b.Reason = clean.Line(b.Container), event.StopReason(clean.Line(string(b.Reason)))
	if s.Starting != nil && (s.Starting.Container == b.Container || b.Container == "") {
		s.Starting = nil
	}
	s.Draining = slices.DeleteFunc(s.Draining, func(d Draining) bool { return d.Container == b.Container })
	line := s.findErrorLine()
	switch b.Reason {
	case event.StopReplaced, event.StopQuit:
		return
	case event.StopAsked:
		s.Logs.Add(Entry{Time: e.Time, Kind: Boundary, Build: e.Build, Text: "stopped on request"})
	case event.StopCrashLoop:
		// The exit itself came in an event before this one, with the exit code. Each exit of the loop repeats both.
		b.ExitCode, line = s.exitCode, s.errorLine
		s.mishap(e, b, !s.looping)
		s.looping = true
	default:
		s.exitCode, s.errorLine = b.ExitCode, line
		s.mishap(e, b, true)
	}
	serves := s.Serving != nil && s.Serving.Container == b.Container
	if serves {
		s.Serving = nil
	}
	if s.Serving == nil {
		s.Down = &Down{Stopped: b, Build: e.Build, At: e.Time, ErrorLine: line}
	}
}

// findErrorLine returns the line of the container's log that says most surely what went wrong, the newest of several.
func (s *Story) findErrorLine() string {
	const back = 200
	line, best := "", 0
	for i := s.Logs.Next() - 1; i >= max(s.Logs.First(), s.Logs.Next()-back); i-- {
		e := s.Logs.At(i)
		if e.Kind == Boundary || e.Kind == Mishap {
			break
		}
		text := strings.TrimSpace(clean.Line(e.Text))
		if n := ErrorRank(text); n > best {
			line, best = text, n
		}
	}
	return line
}

func stopText(b event.Stopped) string {
	switch b.Reason {
	case event.StopCrashLoop:
		return fmt.Sprintf("crash loop: exited with code %d again and again", b.ExitCode)
	case event.StopUnready:
		return "the new container never answered"
	}
	return fmt.Sprintf("exited with code %d", b.ExitCode)
}

// mishap records how a build's container ended by itself, and in the logs too where log is set.
func (s *Story) mishap(e event.Event, b event.Stopped, log bool) {
	if build := s.Build(e.Build); build != nil {
		build.Mishap = stopText(b)
	}
	if log {
		s.Logs.Add(Entry{Time: e.Time, Kind: Mishap, Build: e.Build, Text: stopText(b)})
	}
}
