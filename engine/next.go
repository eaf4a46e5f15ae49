package engine

import (
	"time"

	"github.com/stagewatch/stagewatch/engine/turns"
)

// situation is all that the choice of what to build next depends on.
type situation struct {
	now time.Time
	// news: something changed that no build contains which was started.
	news bool
	// ordered: a build is to start whatever has changed, as a person asks for one or the engine is back; noCache: it is
	// to take nothing from the cache.
	ordered, noCache bool
	// paced: the watcher reported a batch of so many paths, or it reported nothing for as long as that was waited for.
	// Only then a storm begins, goes on or ends. Writing: more writes follow the batch.
	paced, writing bool
	paths          int
	// paused: a person switched watching off.
	paused bool
	// missing: there is no Dockerfile, and no build of the session had one. Broken: there is one that makes no plan.
	missing, broken bool
	// running: a build runs, or its gates do, and has been for age. Yielding: older ones still run that it superseded.
	running, yielding bool
	age               time.Duration
	storm             storm
	turns             turns.Turns
}

// hold is a reason not to start a build now.
type hold string

const (
	// holdNothing: nothing that a build reads has changed.
	holdNothing hold = "nothing is pending"
	// holdPaused: nothing is pending as watching is off. What is written meanwhile is found when it is on again.
	holdPaused hold = "watching is off"
	// holdNoDockerfile: the first build starts as soon as there is a Dockerfile.
	holdNoDockerfile hold = "there is no Dockerfile yet"
	// holdStorm: writes go on, and a build started now would only be superseded.
	holdStorm hold = "writes go on"
	// holdTurn: too many builds in a row were superseded, so that the one which runs keeps its turn.
	holdTurn hold = "the running build has its turn"
)

// older is what becomes of the builds that still run when another one starts, empty where none runs.
type older string

const (
	// olderCanceled: nothing of them is of use to the new one.
	olderCanceled older = "canceled"
	// olderJoined: those of their running steps which the new build needs just as they are come to their end, and count
	// for it. Its own solve follows then. Without such steps they are canceled.
	olderJoined older = "joined"
)

// decision is what to build next: everything that is pending, or nothing for now.
type decision struct {
	// hold is why no build starts now, empty where one does.
	hold hold
	// until is when to decide again if nothing else makes that happen earlier; zero for not by itself.
	until time.Time
	// storm is what the storm is from now on.
	storm storm
	// older is what the build that starts does to those which run.
	older older
	// fails: the build that starts fails at once, as its Dockerfile makes no plan.
	fails bool
}

// decide returns what to build next. It has no effects.
func decide(s situation) decision {
	d := decision{storm: s.storm}
	if s.paced && !s.writing {
		d.storm = storm{}
	}
	if !s.ordered {
		if d = s.wait(d); d.hold != "" {
			return d
		}
	}
	if s.missing {
		d.hold = holdNoDockerfile
		return d
	}
	d.fails = s.broken
	switch {
	case !s.running && !s.yielding:
	case s.broken || s.noCache:
		d.older = olderCanceled
	default:
		d.older = olderJoined
	}
	return d
}

// wait adds to d why what is pending is not built now, if there is a reason.
func (s situation) wait(d decision) decision {
	switch {
	case !s.news && s.paused:
		d.hold = holdPaused
		return d
	case !s.news:
		d.hold = holdNothing
		return d
	case !s.paced || !s.writing:
	case s.storm.turn == 0 && s.paths >= crowd:
		d.storm = s.storm.next(s.now, false)
		return d.inStorm(s.now)
	case s.now.Before(s.storm.over):
		return d.inStorm(s.now)
	default:
		d.storm = s.storm.next(s.now, s.running)
	}
	if turn := s.turns.Left(s.age); s.running && turn > 0 {
		d.hold, d.until = holdTurn, s.now.Add(turn)
	}
	return d
}

// inStorm holds the build back until the turn in the storm is over, or the storm is.
func (d decision) inStorm(now time.Time) decision {
	d.hold, d.until = holdStorm, now.Add(calm)
	if d.storm.over.Before(d.until) {
		d.until = d.storm.over
	}
	return d
}
