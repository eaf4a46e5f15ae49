package engine

import "time"

const (
	// stormTurn is how long the first build of a storm has before the next one may supersede it. It doubles with each
	// that is superseded, so that one comes to its end, however long the storm lasts.
	stormTurn = 1200 * time.Millisecond
	// calm is how long no batch has to come for a storm to be over: longer than the watcher ever gathers one.
	calm = 500 * time.Millisecond
	// crowd is the number of paths from which a batch in a storm is the work of a tool. Nobody wants the middle of that
	// built.
	crowd = 500
)

// storm is the time in which writes go on without a pause, as in a branch switch. A build of each batch would only be
// superseded by the next one, and take the machine from whoever writes. The first batch is built at once unless it is a
// crowd, the last one is, and those between in turns. The zero storm is none.
type storm struct {
	// turn is the length of the running turn, and over when it ends.
	turn time.Duration
	over time.Time
}

// next returns the storm with its next turn, which begins now. Superseded: the build of the turn before still runs.
func (s storm) next(now time.Time, superseded bool) storm {
	switch {
	case s.turn == 0:
		s.turn = stormTurn
	case superseded:
		s.turn *= 2
	}
	s.over = now.Add(s.turn)
	return s
}
