// Package turns decides how long what is under way is left alone although something newer waits, so that some of it
// comes to its end however often something newer comes.
package turns

import "time"

// Longest bounds what turns grow to.
const Longest = time.Hour

// Turns counts how many in a row were superseded. The first few are superseded at once, as a person who saves again
// wants the newest. The next one gets a turn before it can be superseded, and the turn doubles with each that is
// superseded all the same.
type Turns struct {
	// Free is how many in a row are superseded at once, and First the length of the first turn.
	Free  int
	First time.Duration
	// Lost counts those in a row that were superseded.
	Lost int
}

// Left returns how much of its turn is left to something of that age.
func (t Turns) Left(age time.Duration) time.Duration {
	if t.Lost < t.Free {
		return 0
	}
	turn := t.First
	for range t.Lost - t.Free {
		if turn *= 2; turn >= Longest {
			turn = Longest
			break
		}
	}
	return max(0, turn-age)
}

// Superseded records that one was superseded.
func (t *Turns) Superseded() { t.Lost++ }

// Ended records that one came to its end. Where the next one waited for that, turns stay as long as they are.
func (t *Turns) Ended(waited bool) {
	if !waited {
		t.Lost = 0
	}
}
