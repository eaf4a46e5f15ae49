package serve

import "time"

// waiting is a release whose container starts once the one before it had its turn.
type waiting struct {
	release Release
	asked   time.Time
	timer   *time.Timer
}

// wait has the release's container start when the one that starts now has arrived, or its turn is over.
func (a *App) wait(r Release, asked time.Time, turn time.Duration) {
	w := &waiting{release: r, asked: asked}
	w.timer = time.AfterFunc(turn, func() {
		a.Do(func() {
			if a.waiting == w {
				a.begin(w.release, w.asked)
			}
		})
	})
	a.waiting = w
}

// takeWaiting returns the release that waits, nil for none, and lets it wait no more.
func (a *App) takeWaiting() *waiting {
	w := a.waiting
	if w != nil {
		w.timer.Stop()
		a.waiting = nil
	}
	return w
}
