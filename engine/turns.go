package engine

import "time"

// longestTurn bounds what turns grow to.
const longestTurn = time.Hour

// turns decides how long what goes on is left alone by something newer, so that some of it comes to its end however
// often something newer comes. The newest follows in any case.
type turns struct {
	// free is how many in a row are superseded at once: whoever saves again wants the newest. The next one has the
	// first turn before it can be superseded, and each that is superseded all the same doubles it.
	free  int
	first time.Duration
	// lost counts those in a row that were superseded.
	lost int
}

// buildTurns are those of builds, and startTurns of containers that start: to break off a start costs more than it saves.
func buildTurns() turns { return turns{free: 3, first: 1200 * time.Millisecond} }
func startTurns() turns { return turns{free: 1, first: 5 * time.Second} }

// left is how much of its turn something of that age still has.
func (t turns) left(age time.Duration) time.Duration {
	if t.lost < t.free {
		return 0
	}
	turn := t.first
	for range t.lost - t.free {
		if turn *= 2; turn >= longestTurn {
			turn = longestTurn
			break
		}
	}
	return max(0, turn-age)
}

func (t *turns) superseded() { t.lost++ }

// ended takes in that one came to its end. Where the next one waited for that, turns stay as long as they are.
func (t *turns) ended(waited bool) {
	if !waited {
		t.lost = 0
	}
}
