package engine

import (
	"cmp"
	"path/filepath"
	"time"

	"github.com/stagewatch/stagewatch/engine/event"
	"github.com/stagewatch/stagewatch/engine/turns"
)

// pace is how builds follow one another.
type pace struct {
	storm storm
	// turns are those of builds.
	turns turns.Turns
	// held is the build that is held back, nil for none.
	held *held
}

func newPace() pace {
	// Three in a row are superseded at once.
	return pace{turns: turns.Turns{Free: 3, First: 1200 * time.Millisecond}}
}

// held is a build that is held back until a timer fires or something else makes it start.
type held struct {
	timer *time.Timer
	why   hold
}

// release lets nothing be held back any more.
func (p *pace) release() {
	if p.held != nil {
		p.held.timer.Stop()
		p.held = nil
	}
}

// trigger is what makes the loop decide what to build next.
type trigger struct {
	// news: something changed that no build contains.
	news bool
	// paced, writing and paths are those of a situation.
	paced, writing bool
	paths          int
	// order is the build that is asked for, nil where only what changed is.
	order *order
}

// order is a build that starts whatever has changed.
type order struct {
	// why is the reason; without a kind, it is what is pending.
	why     event.Reason
	noCache bool
}

// next decides what to build next and does it. Nothing else starts a build or holds one back.
func (l *loop) next(t trigger) {
	s := l.situation(t)
	d := decide(s)
	l.pace.storm = d.storm
	if t.paced {
		// What was held back is part of the news.
		l.pace.release()
	}
	switch d.hold {
	case "":
		o := order{}
		if t.order != nil {
			o = *t.order
		}
		l.start(d, o)
	case holdNoDockerfile:
		l.Emit(0, event.Warning{Code: event.CodeNoDockerfile, Message: "no Dockerfile in " + filepath.Base(l.project.Root()), Hint: "The first build starts as soon as there is one; or name one with -f."})
	case holdStorm, holdTurn:
		l.holdBack(d, s.now)
	}
}

// order starts a build of all that is pending, for a reason of its own.
func (l *loop) order(why event.Reason, noCache bool) {
	l.next(trigger{order: &order{why, noCache}})
}

// orderNow is order for a build that is due since now: how long it takes to be served counts from here.
func (l *loop) orderNow(why event.Reason, noCache bool) {
	l.pending.savedAt = time.Now()
	l.order(why, noCache)
}

// situation gathers what the choice depends on.
func (l *loop) situation(t trigger) situation {
	s := situation{
		now: time.Now(), news: t.news || t.paced && l.pace.held != nil, paced: t.paced, writing: t.writing, paths: t.paths,
		paused: l.paused, missing: l.builds.count == 0 && l.project.Missing(), broken: l.plan == nil,
		running: l.builds.running != nil || l.gates.under != nil, yielding: len(l.builds.superseded) > 0, storm: l.pace.storm, turns: l.pace.turns,
	}
	if t.order != nil {
		s.ordered, s.noCache = true, t.order.noCache
	}
	if j := cmp.Or(l.builds.running, l.gates.under); j != nil {
		s.age = s.now.Sub(j.began)
	}
	return s
}

// holdBack decides again when d says, unless something else makes the build start earlier.
func (l *loop) holdBack(d decision, now time.Time) {
	l.pace.release()
	h := &held{why: d.hold}
	h.timer = time.AfterFunc(d.until.Sub(now), func() {
		l.Do(func() {
			if l.pace.held != h {
				return
			}
			if d.hold == holdTurn {
				l.next(trigger{news: true})
			} else {
				// Where the turn is over, the storm is not.
				l.next(trigger{paced: true, writing: !time.Now().Before(l.pace.storm.over)})
			}
		})
	})
	l.pace.held = h
}

// over starts the build that was held back for the end of the one that ran.
func (l *loop) over() {
	waits := l.pace.held != nil && l.pace.held.why == holdTurn
	l.pace.turns.Ended(waits)
	if waits {
		l.next(trigger{news: true})
	}
}
