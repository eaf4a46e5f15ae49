package engine

import "time"

// waiting is a build whose container starts once the one before it had its turn.
type waiting struct {
	job   *job
	asked time.Time
	timer *time.Timer
}

// wait has the build's container start when the one that starts now is there, or its turn is over.
func (a *app) wait(j *job, asked time.Time, turn time.Duration) {
	w := &waiting{job: j, asked: asked}
	w.timer = time.AfterFunc(turn, func() {
		a.Do(func() {
			if a.waiting == w {
				a.begin(w.job, w.asked)
			}
		})
	})
	a.waiting = w
}

// waitsNoMore returns what waited, nil for nothing.
func (a *app) waitsNoMore() *waiting {
	w := a.waiting
	if w != nil {
		w.timer.Stop()
		a.waiting = nil
	}
	return w
}
