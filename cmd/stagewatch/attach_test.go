package main

import "testing"

// TestTwoDashboardsOnOneSession: the second one shows what happened before it came, its keys work, it leaves the session
// alone when it goes, and says when the session ends.
func TestTwoDashboardsOnOneSession(t *testing.T) {
	d := openDashboard(t, 110, 32)
	d.run("new-window", "-c", d.dir, "exec sh -i")
	d.await(`^[$#]$`)
	d.say("clear; stagewatch attach")
	d.await(`^ LIVE  build #1 serves .*`+d.url, `listening on port 8080`)
	d.press("b")
	d.await(`^ LIVE  build #2 `, `#2 .* on request`)
	d.run("select-window", "-t", ":0")
	d.await(`^ LIVE  build #2 `, `#2 .* on request`)
	d.run("select-window", "-t", ":1")
	d.press("q")
	d.await(`^Session [0-9]+-[a-z0-9]{4} goes on\.$`)
	d.say("clear; stagewatch attach")
	d.await(`^ LIVE  build #2 `)
	d.run("select-window", "-t", ":0")
	d.await(`^ LIVE  build #2 `)
	d.press("q")
	d.await(`it ended with 0`)
	d.run("select-window", "-t", ":1")
	d.await(`^Session [0-9]+-[a-z0-9]{4} has ended\.$`)
}
