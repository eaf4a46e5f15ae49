package run

import "time"

// Crashes is a policy for an app that keeps dying: restart it at once the first time, then after growing delays, and
// call it a crash loop from the third time on. It is a plain value, and the zero value has seen no crash.
type Crashes struct {
	// Count is how many times in a row the app died young.
	Count int
}

// Bounds of the policy.
const (
	crashFirst = 500 * time.Millisecond
	crashMost  = 30 * time.Second
	// crashYoung is the age from which a container's death counts as the first one again.
	crashYoung = 30 * time.Second
	crashLoop  = 3
)

// Next returns the policy after a container died at the age, and how long to wait before the next start.
func (c Crashes) Next(age time.Duration) (Crashes, time.Duration) {
	if age >= crashYoung {
		c = Crashes{}
	}
	c.Count++
	delay := time.Duration(0)
	for range c.Count - 1 {
		delay = min(max(2*delay, crashFirst), crashMost)
	}
	return c, delay
}

// Looping reports whether this is a crash loop rather than an accident.
func (c Crashes) Looping() bool { return c.Count >= crashLoop }
