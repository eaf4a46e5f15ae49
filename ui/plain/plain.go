// Package plain writes events as lines of text, for pipes, CI logs and people who do not want a dashboard. The lines are
// like BuildKit's plain progress, with the facts that stagewatch adds.
//
// It keeps no history except what a line needs, moves no cursor and writes no control characters. The words are those of
// the dashboard: capitals are what happened, small letters predictions.
package plain

import (
	"cmp"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/stagewatch/stagewatch/engine/event"
	"github.com/stagewatch/stagewatch/ui/clean"
)

// Options says what to write in addition to what happens now.
type Options struct {
	// OldOutput also writes what cached steps printed when they ran in an earlier session.
	OldOutput bool
}

// Printer writes events to a writer, one at a time. It is not safe for concurrent use.
type Printer struct {
	w   io.Writer
	opt Options
	err error
	// services is what a line needs of the past, by service. The current event's is embedded; its name is empty for none.
	services map[string]*told
	service  string
	*told
}

// told is what was written of one service.
type told struct {
	// done holds the steps of the current build that were reported, because BuildKit may complete one twice.
	done map[event.StepID]event.State
	// totals holds the number of steps in the stage of each step.
	totals map[event.StepID]int
	build  int
	// reason is the reason for the current build, which is not repeated at every step.
	reason event.Reason
	// groups holds the bytes of the ledger's groups as they were last written.
	groups map[string]int64
}

// New returns a printer that writes to w.
func New(w io.Writer, opt Options) *Printer {
	return &Printer{w: w, opt: opt, services: map[string]*told{}}
}

// Print writes the lines for an event, if there are any. After the first error of the writer it does nothing and returns
// that error.
func (p *Printer) Print(e event.Event) error {
	p.service, p.told = e.Service, p.services[e.Service]
	if p.told == nil {
		p.told = &told{done: map[event.StepID]event.State{}, totals: map[event.StepID]int{}, groups: map[string]int64{}}
		p.services[e.Service] = p.told
	}
	if e.Build != 0 && e.Build != p.build {
		p.build = e.Build
		clear(p.done)
	}
	switch b := e.Body.(type) {
	case event.Planned:
		p.planned(e.Build, b)
	case event.Step:
		p.stepped(e.Build, b)
	case event.Output:
		p.output(e.Build, b)
	case event.Built:
		p.built(e.Build, b)
	case event.Failed:
		p.failed(e.Build, b)
	case event.Abandoned:
		p.line(e.Build, "GIVEN UP after %s: %s", millis(b.MS), b.Reason)
	case event.Check:
		p.check(e.Build, b)
	case event.Sized:
		p.sized(e.Build, b)
	case event.Ledger:
		p.ledger(e.Build, b)
	case event.Compared:
		p.compared(e.Build, b)
	default:
		p.session(e)
	}
	return p.err
}

// line writes one line after the number of its build, as BuildKit numbers vertices, and the service that it is of.
func (p *Printer) line(build int, format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	if build > 0 {
		text = fmt.Sprintf("#%d %s", build, text)
	}
	if p.service != "" {
		text = p.service + ": " + text
	}
	p.write(clean.Line(text))
}

func (p *Printer) write(text string) {
	if p.err != nil {
		return
	}
	if _, err := io.WriteString(p.w, strings.TrimRight(text, " ")+"\n"); err != nil {
		p.err = fmt.Errorf("writing progress: %w", err)
	}
}

// session writes the events that belong to the session or to the app.
func (p *Printer) session(e event.Event) {
	switch b := e.Body.(type) {
	case event.Engine:
		p.line(0, "engine %s %s, API %s, builder %s, store %s", b.Name, b.Version, b.API, b.Builder, b.Store)
	case event.Watching:
		switch {
		case !b.On:
			p.line(0, "watching is off")
		case b.Files > 0:
			p.line(0, "watching %s", count(b.Files, "file"))
		default:
			p.line(0, "watching")
		}
	case event.Changed:
		p.line(0, "changed %s", list(b.Paths))
	case event.Skipped:
		said := "nothing to build for"
		if b.LeftOut {
			said = "left out of the context:"
		}
		p.line(0, "%s %s: %s", said, list(b.Paths), b.Why())
	case event.Warning:
		p.line(e.Build, "WARNING %s (%s)", b.Message, b.Code)
		if b.Hint != "" {
			p.line(e.Build, "  hint: %s", b.Hint)
		}
		for _, path := range b.Paths {
			p.line(e.Build, "  %s", path)
		}
	case event.Serving:
		p.line(e.Build, "SERVING %s after %s%s", b.URL, millis(b.MS), behind(b.EditsBehind))
	case event.Waiting:
		if b.Message == "" {
			p.line(e.Build, "waiting for %s", b.For)
			break
		}
		p.line(e.Build, "still waiting for %s: %s", b.For, b.Message)
		if b.Hint != "" {
			p.line(e.Build, "  hint: %s", b.Hint)
		}
	case event.Draining:
		p.line(e.Build, "%s finishes %s within %s", short(b.Container), count(b.Requests, "request"), time.Duration(b.WithinMS)*time.Millisecond)
	case event.Stale:
		if b.ServingBuild == 0 {
			p.line(0, "STALE nothing serves%s: %s", behind(b.EditsBehind), b.Reason)
		} else {
			p.line(0, "STALE build #%d serves%s: %s", b.ServingBuild, behind(b.EditsBehind), b.Reason)
		}
	case event.Log:
		p.write(clean.Line(cmp.Or(e.Service, "app") + " | " + clean.Overwritten(b.Text)))
	case event.Companion:
		p.companion(b)
	case event.Stopped:
		p.stopped(e.Build, b)
	}
}

func (p *Printer) companion(b event.Companion) {
	if b.State == event.CompanionExited {
		p.line(0, "EXITED with code %d, run by docker compose", b.ExitCode)
		return
	}
	if b.Message != "" {
		p.line(0, "%s: %s", b.State, b.Message)
		return
	}
	p.line(0, "%s, run by docker compose", b.State)
}

func (p *Printer) stopped(build int, b event.Stopped) {
	switch b.Reason {
	case event.StopReplaced, event.StopQuit, event.StopAsked:
		p.line(build, "stopped %s (%s)", short(b.Container), b.Reason)
	default:
		p.line(build, "STOPPED %s: %s, exit code %d", short(b.Container), b.Reason, b.ExitCode)
	}
}

func behind(edits int) string {
	if edits == 0 {
		return ""
	}
	return ", " + count(edits, "edit") + " behind"
}

// listed is how many paths a line names, because an ignored folder may hold ten thousand.
const listed = 10

func list(paths []string) string {
	if rest := len(paths) - listed; rest > 0 {
		return fmt.Sprintf("%s and %d more", strings.Join(paths[:listed], ", "), rest)
	}
	return strings.Join(paths, ", ")
}

// short cuts an id to the length that docker prints.
func short(id string) string {
	if len(id) == 64 && strings.Trim(id, "0123456789abcdef") == "" {
		return id[:12]
	}
	return id
}
