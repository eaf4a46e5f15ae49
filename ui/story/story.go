// Package story turns the stream of events into what a person wants to know at a moment: what happened
// to each build and step, what serves, what is behind, what was logged. The dashboard and a replay read
// the same story.
//
// Every text in it went through package clean. It draws nothing, does no IO and knows no clock but the
// time of the events. Memory is bounded whatever arrives.
package story

import (
	"fmt"
	"slices"
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

// Story is all that is known after the events so far. Its zero value is not ready: see [New].
type Story struct {
	// Engine is what answers, nil until it did.
	Engine *event.Engine
	// Builds run from the oldest kept to the newest.
	Builds []*Build
	// Serving is what requests reach, nil where nothing answers.
	Serving *Serving
	// Starting is what a new container is waited for, nil where none is.
	Starting *Starting
	// Draining are old containers that finish requests, the oldest first.
	Draining []Draining
	// Stale is why the newest source is not what serves, nil where it is.
	Stale *event.Stale
	// Down is why nothing serves, after something did or tried to.
	Down *Down
	// Pending are the changes that no plan has taken up yet.
	Pending []event.Change
	// Waiting counts the changes that no build has taken up, however many Pending keeps.
	Waiting int
	// Behind counts the saves that what serves does not contain, as the engine last said and with what
	// changed since.
	Behind int
	// Skips are changes that led to no build, the newest last.
	Skips    []Skip
	Warnings []Warning
	// Watching is nil until it is known.
	Watching *event.Watching
	Logs     *Ring
	// Saved sums what the cache saved in this session, in milliseconds.
	Saved int64
	// Hits and Ran sum the steps of all builds that succeeded.
	Hits, Ran int
	// Score is how well the session's predictions held.
	Score event.Score
	// standing are the messages of the warnings that the newest account of files gave.
	standing []string
	// Last is the time of the newest event.
	Last time.Time
	// looping tells that the crash loop was marked in the logs.
	looping bool
	// exit is the code of the container that ended last, and said what it said went wrong.
	exit int
	said string
	// layers are those that the newest files came in, by digest.
	layers map[string]event.LayerFiles
	// kinds is how each path changed last.
	kinds map[string]event.Change
}

// Serving is what requests reach.
type Serving struct {
	Build                 int
	URL, Container, Image string
	MS                    int64
	At                    time.Time
}

// Down is the end of the container that served or was to.
type Down struct {
	event.Stopped
	Build int
	At    time.Time
	// Said is the line of its log that says what went wrong, empty where none does.
	Said string
}

// Starting is a container that is to serve once it is ready.
type Starting struct {
	event.Waiting
	Build int
}

// Draining is a container that finishes the requests which it had when another one took over.
type Draining struct {
	Container       string
	Build, Requests int
}

// Skip is a batch of changes that led to no build, as it was seen last.
type Skip struct {
	event.Skipped
	At time.Time
	// Times counts how often the same paths were left out for the same reason.
	Times int
}

// New returns the story before any event. It keeps at most logLines lines of logs.
func New(logLines int) *Story {
	return &Story{Logs: NewRing(logLines, 16<<20), kinds: map[string]event.Change{}}
}

// Apply takes in one event.
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
		s.handOver(e, b)
	case event.Output:
		s.build(e).output(b)
	case event.Built:
		s.built(e, b)
	case event.Failed:
		build := s.build(e)
		if len(build.Stages) == 0 {
			// It failed before there was a plan to take up the changes.
			for _, c := range s.Pending {
				build.Paths = append(build.Paths, c.Path)
			}
			build.Changes = s.taken(build.Paths)
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
		s.accounted(build.Ledger.Standing)
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
	}
}

func (s *Story) engine(b event.Engine) {
	for _, f := range []*string{&b.Name, &b.Version, &b.API, &b.Builder, &b.Store, &b.Host} {
		*f = clean.Line(*f)
	}
	s.Engine = &b
	s.clear(event.CodeEngineGone)
}

func (s *Story) changed(b event.Changed) {
	s.Behind++
	changes := b.Changes
	if len(changes) == 0 {
		for _, p := range b.Paths {
			changes = append(changes, event.Change{Path: p})
		}
	}
	if len(s.kinds) > maxPending {
		clear(s.kinds)
	}
	for _, c := range changes {
		c.Path, c.Kind, c.From = clean.Line(c.Path), clean.Line(c.Kind), clean.Line(c.From)
		s.kinds[c.Path] = c
		s.Pending = append(s.Pending, c)
	}
	s.Pending = bounded(s.Pending, maxPending)
	s.Waiting += len(changes)
}

// skipped notes a skip. One that was seen before becomes the newest: what an app writes again and again is one entry.
func (s *Story) skipped(skip Skip) {
	for i, have := range s.Skips {
		if have.Reason == skip.Reason && have.Rule == skip.Rule && slices.Equal(have.Paths, skip.Paths) {
			skip.Times += have.Times
			s.Skips = slices.Delete(s.Skips, i, i+1)
			break
		}
	}
	s.Skips = bounded(append(s.Skips, skip), maxSkips)
}

func lines(in []string) []string {
	out := make([]string, len(in))
	for i, l := range in {
		out[i] = clean.Line(l)
	}
	return out
}

// bounded drops the oldest of what is more than n.
func bounded[T any](list []T, n int) []T {
	if len(list) > n {
		return append(list[:0:0], list[len(list)-n:]...)
	}
	return list
}

// short bounds a line of output; nobody reads more, and memory is finite.
func short(s string) string {
	const most = 8 << 10
	if len(s) > most {
		return s[:most] + " … cut after 8 kB"
	}
	return s
}

// Dropped notes that n log lines were dropped before they reached the story.
func (s *Story) Dropped(at time.Time, n int) {
	s.Logs.Add(Entry{Time: at, Kind: Gap, Text: fmt.Sprintf("%d lines dropped here: they came faster than anyone reads", n)})
}

// Name is what the newest image is called, without its tag; empty where no build named one.
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
