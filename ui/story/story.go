// Package story collects the stream of events into a state that faces can show: what happened to each build and
// step, what serves and how far behind it is, and what was logged.
//
// All its texts are cleaned by package clean. The package draws nothing, does no IO, and has no clock but the time
// of the events. Its memory is bounded for any stream of events.
package story

import (
	"fmt"
	"strings"
	"time"

	"github.com/stagewatch/stagewatch/engine/event"
	"github.com/stagewatch/stagewatch/ui/clean"
)

// The bounds of what is kept.
const (
	maxBuilds   = 500
	maxDetailed = 30 // builds that keep their steps' output
	maxSkips    = 200
	maxWarnings = 50
	maxPending  = 500
)

// Story is the state after the events so far. Use [New]: the zero value is not ready.
type Story struct {
	// Engine is the engine that answers, nil before its first answer.
	Engine *event.Engine
	// Builds run from the oldest kept to the newest.
	Builds []*Build
	// Serving is what answers requests, nil where nothing does.
	Serving *Serving
	// Starting is a new container that is not ready yet, nil for none.
	Starting *Starting
	// Companion is how a service stands that docker compose runs, nil for one that is built here.
	Companion *event.Companion
	// Draining are old containers that finish requests, the oldest first.
	Draining []Draining
	// Stale is set where what serves was not built from the newest source.
	Stale *event.Stale
	// Down is set where nothing serves because a container ended.
	Down *Down
	// Pending are the changes that no plan contains yet.
	Pending []event.Change
	// Waiting is the number of these changes. Pending is bounded and may hold fewer.
	Waiting int
	// Behind counts the saves that what serves does not contain: the engine's last number, and the saves after it.
	Behind int
	// Skips are changes that led to no build, the newest last.
	Skips    []Skip
	Warnings []Warning
	// Checks are how the checks stand, in the order in which they were first heard of.
	Checks []*Check
	// Watching is the last event about watching, nil before the first.
	Watching *event.Watching
	Logs     *Ring
	// Saved is the time that the cache saved in this session, in milliseconds.
	Saved int64
	// Hits and Ran sum the steps of all builds that succeeded.
	Hits, Ran int
	// Score covers the session's predictions.
	Score event.Score
	// standing are the IDs of the warnings that hold after the newest ledger.
	standing []string
	// Last is the time of the newest event.
	Last time.Time
	// looping is set once the crash loop is marked in the logs.
	looping bool
	// exitCode and errorLine are those of the container that exited last.
	exitCode  int
	errorLine string
	// layers are the layers of the newest files, by digest.
	layers map[string]event.LayerFiles
	// lastChange is the last change of each path.
	lastChange map[string]event.Change
}

// Serving is the container that answers requests.
type Serving struct {
	Build                 int
	URL, Container, Image string
	// MS is the time from the save to the first answer, in milliseconds.
	MS int64
	At time.Time
}

// Down is the end of a container after which nothing serves.
type Down struct {
	event.Stopped
	Build int
	At    time.Time
	// ErrorLine is the line of its log that says what went wrong, empty for none.
	ErrorLine string
}

// Starting is a container that will serve once it is ready.
type Starting struct {
	event.Waiting
	Build int
}

// Draining is an old container that still finishes requests after the hand-over.
type Draining struct {
	Container       string
	Build, Requests int
}

// Skip is a batch of changes that led to no build.
type Skip struct {
	event.Skipped
	// At is when it was skipped last.
	At time.Time
	// Times counts how often the same paths were skipped for the same reason.
	Times int
}

// New returns an empty story. It keeps at most logLines lines of logs.
func New(logLines int) *Story {
	return &Story{Logs: NewRing(logLines, 16<<20), lastChange: map[string]event.Change{}}
}

// Apply updates the story by one event.
func (s *Story) Apply(e event.Event) {
	if e.Time.After(s.Last) {
		s.Last = e.Time
	}
	switch b := e.Body.(type) {
	case event.Engine:
		s.engine(b)
	case event.Changed:
		s.changed(b)
	case event.Skipped:
		b.Paths = lines(b.Paths)
		b.Reason, b.Rule = clean.Line(b.Reason), clean.Line(b.Rule)
		s.skipped(Skip{b, e.Time, 1})
	case event.Planned:
		s.planned(e, b)
	case event.Step:
		s.build(e).step(e.Time, b)
		s.continueStep(e, b)
	case event.Output:
		s.build(e).output(b)
	case event.Built:
		s.built(e, b)
	case event.Failed:
		build := s.build(e)
		if len(build.Stages) == 0 {
			// It failed before it was planned: the pending changes are its changes.
			for _, c := range s.Pending {
				build.Paths = append(build.Paths, c.Path)
			}
			build.Changes = s.claim(build.Paths)
		}
		build.fail(e.Time, b)
	case event.Abandoned:
		s.build(e).abandon(e.Time, b)
	case event.Sized:
		build := s.build(e)
		build.Sizes = sized(b)
	case event.Ledger:
		build := s.build(e)
		build.Ledger = ledger(b)
		s.setStanding(build.Ledger.Standing)
	case event.Compared:
		s.build(e).Compared = compared(b)
	case event.Files:
		s.files(s.build(e), b)
	case event.Warning:
		s.warn(e.Build, b)
	case event.Serving:
		s.serving(e, b)
	case event.Waiting:
		s.starting(e, b)
	case event.Draining:
		s.draining(e, b)
	case event.Stale:
		b.Reason = clean.Line(b.Reason)
		s.Stale, s.Behind = &b, b.EditsBehind
	case event.Log:
		s.Logs.Add(Entry{Time: e.Time, Kind: LogLine, Build: e.Build, Stderr: b.Stream == "stderr", Text: clean.Colored(clean.Overwritten(short(b.Text)))})
	case event.Stopped:
		s.stopped(e, b)
	case event.Watching:
		s.Watching = &b
	case event.Check:
		s.check(e, b)
	case event.Companion:
		b.State, b.Message = event.CompanionState(clean.Line(string(b.State))), clean.Line(b.Message)
		s.Companion = &b
	}
}

func (s *Story) engine(b event.Engine) {
	for _, f := range []*string{&b.Name, &b.Version, &b.API, &b.Builder, &b.Store, &b.Host} {
		*f = clean.Line(*f)
	}
	s.Engine = &b
	s.clear(event.CodeEngineGone)
}

// Dropped records in the logs that n lines were dropped before they reached the story.
func (s *Story) Dropped(at time.Time, n int) {
	s.Logs.Add(Entry{Time: at, Kind: Gap, Text: fmt.Sprintf("%d lines dropped here: they came faster than anyone reads", n)})
}

// Name returns the newest image's name without its tag, "" where no image has a name.
func (s *Story) Name() string {
	for i := len(s.Builds) - 1; i >= 0; i-- {
		tag := s.Builds[i].Tag
		if at := strings.LastIndexByte(tag, ':'); at > strings.LastIndexByte(tag, '/') {
			tag = tag[:at]
		}
		if tag != "" {
			return tag
		}
	}
	return ""
}
