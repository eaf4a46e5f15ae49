package engine

import (
	"time"

	"github.com/stagewatch/stagewatch/engine/turns"
)

const (
	// stormTurn is how long the first build of a storm has before the next may take its place. It doubles with each
	// that is superseded, so that one ends some time, however long the storm lasts.
	stormTurn = 1200 * time.Millisecond
	// calm is how long no batch comes before a storm is taken for over: longer than the watcher ever gathers one.
	calm = 500 * time.Millisecond
	// crowd is from how many paths in a batch on a storm is the work of a tool, whose middle nobody wants built.
	crowd = 500
)

// buildTurns are those of builds: three in a row are superseded at once.
func buildTurns() turns.Turns { return turns.Turns{Free: 3, First: 1200 * time.Millisecond} }

// storm paces builds while writes go on without a pause, as in a branch switch: what each batch starts would only be
// superseded by the next one, and take from whoever writes the machine that he needs. The first batch builds at once
// unless it is a crowd, the last does too, and those between in turns.
type storm struct {
	// turn is the length of the running turn, 0 where there is no storm, and over when it ends.
	turn time.Duration
	over time.Time
	// held is what is held back, nil for nothing.
	held *held
}

// held starts a build that was held back: by a storm, or by the turn of the build that runs.
type held struct {
	timer *time.Timer
	turn  bool
}

// release forgets what is held back, and tells whether anything was.
func (s *storm) release() bool {
	if s.held == nil {
		return false
	}
	s.held.timer.Stop()
	s.held = nil
	return true
}

// pace builds what is pending after a batch of so many paths that changed it, or holds it back. More tells that writes
// go on.
func (l *loop) pace(changed, more bool, paths int) {
	changed = l.storm.release() || changed
	switch {
	case !more:
		l.storm = storm{}
	case !changed:
	case l.storm.turn == 0 && paths >= crowd:
		l.storm.begin(false)
		l.hold()
		return
	case time.Now().Before(l.storm.over):
		l.hold()
		return
	default:
		l.storm.begin(l.job != nil)
	}
	l.build(changed)
}

// begin begins the next turn.
func (s *storm) begin(supersedes bool) {
	switch {
	case s.turn == 0:
		s.turn = stormTurn
	case supersedes:
		s.turn *= 2
	}
	s.over = time.Now().Add(s.turn)
}

// hold lets what is pending wait for the end of the turn, or of the storm.
func (l *loop) hold() {
	l.storm.held = l.after(min(time.Until(l.storm.over), calm), func() { l.pace(false, !time.Now().Before(l.storm.over), 0) })
}

// await lets what is pending wait for the end of the build that runs, or of its turn.
func (l *loop) await(turn time.Duration) {
	l.storm.held = l.after(turn, l.release)
	l.storm.held.turn = true
}

// after calls fn later, if what it returns is still held then.
func (l *loop) after(wait time.Duration, fn func()) *held {
	h := &held{}
	h.timer = time.AfterFunc(wait, func() {
		l.Do(func() {
			if l.storm.held == h {
				fn()
			}
		})
	})
	return h
}

// release builds what waits for the end of a build.
func (l *loop) release() {
	l.storm.release()
	l.build(true)
}

// over takes in that the build which ran came to its end.
func (l *loop) over() {
	waits := l.storm.held != nil && l.storm.held.turn
	l.turns.Ended(waits)
	if waits {
		l.release()
	}
}
