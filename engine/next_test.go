package engine

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/stagewatch/stagewatch/engine/turns"
)

// TestDecide is the table of what is built next.
func TestDecide(t *testing.T) {
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	in := func(d time.Duration) time.Time { return now.Add(d) }
	// turn is a storm whose turn has that much left.
	turn := func(length, left time.Duration) storm { return storm{length, in(left)} }
	spent := turns.Turns{Free: 3, First: 1200 * time.Millisecond, Lost: 3}
	for _, tt := range []struct {
		name string
		s    situation
		want decision
	}{
		{"nothing happened", situation{}, decision{hold: holdNothing}},
		{"watching is off", situation{paused: true}, decision{hold: holdPaused}},
		{"what was held back starts though watching went off", situation{news: true, paused: true}, decision{}},
		{"a save", situation{news: true, paced: true}, decision{}},
		{"a save that changes nothing", situation{paced: true}, decision{hold: holdNothing}},
		{"a Dockerfile that makes no plan", situation{news: true, broken: true}, decision{fails: true}},
		{"no Dockerfile yet", situation{news: true, missing: true, broken: true}, decision{hold: holdNoDockerfile}},
		{"no Dockerfile yet, and a build is asked for", situation{ordered: true, missing: true, broken: true}, decision{hold: holdNoDockerfile}},

		{"a save while a build runs", situation{news: true, running: true}, decision{older: olderJoined}},
		{"a save while a superseded build still runs", situation{news: true, yielding: true}, decision{older: olderJoined}},
		{"a broken Dockerfile while a build runs", situation{news: true, running: true, broken: true}, decision{older: olderCanceled, fails: true}},
		{"a build without the cache while a build runs", situation{ordered: true, noCache: true, running: true}, decision{older: olderCanceled}},
		{"too many builds came to nothing", situation{news: true, running: true, age: time.Second, turns: spent},
			decision{hold: holdTurn, until: in(200 * time.Millisecond)}},
		{"its turn is over", situation{news: true, running: true, age: 1200 * time.Millisecond, turns: spent}, decision{older: olderJoined}},
		{"none runs that could have a turn", situation{news: true, turns: spent}, decision{}},
		{"who asks for a build waits for no turn", situation{ordered: true, running: true, turns: spent}, decision{older: olderJoined}},
		{"who asks for a build waits for no pause", situation{ordered: true, paused: true}, decision{}},

		{"a storm begins", situation{news: true, paced: true, writing: true, paths: 1}, decision{storm: turn(stormTurn, stormTurn)}},
		{"a storm begins with a crowd", situation{news: true, paced: true, writing: true, paths: crowd},
			decision{hold: holdStorm, until: in(calm), storm: turn(stormTurn, stormTurn)}},
		{"a crowd, and nothing follows", situation{news: true, paced: true, paths: crowd}, decision{}},
		{"a storm goes on, and its turn is long", situation{news: true, paced: true, writing: true, paths: crowd, storm: turn(stormTurn, time.Second)},
			decision{hold: holdStorm, until: in(calm), storm: turn(stormTurn, time.Second)}},
		{"a storm goes on, and its turn is over soon", situation{news: true, paced: true, writing: true, storm: turn(stormTurn, calm/2)},
			decision{hold: holdStorm, until: in(calm / 2), storm: turn(stormTurn, calm/2)}},
		{"the turn in a storm is over", situation{news: true, paced: true, writing: true, storm: turn(stormTurn, 0)},
			decision{storm: turn(stormTurn, stormTurn)}},
		{"the turn is over and its build still runs", situation{news: true, paced: true, writing: true, running: true, storm: turn(stormTurn, 0)},
			decision{older: olderJoined, storm: turn(2*stormTurn, 2*stormTurn)}},
		{"the turn in a storm is over, that of the build is not", situation{news: true, paced: true, writing: true, running: true, storm: turn(stormTurn, 0), turns: spent},
			decision{hold: holdTurn, until: in(1200 * time.Millisecond), storm: turn(2*stormTurn, 2*stormTurn)}},
		{"a batch of a storm changes nothing", situation{paced: true, writing: true, storm: turn(stormTurn, time.Second)},
			decision{hold: holdNothing, storm: turn(stormTurn, time.Second)}},
		{"a storm ends", situation{news: true, paced: true, storm: turn(stormTurn, time.Second)}, decision{}},
		{"a storm ends with nothing new", situation{paced: true, storm: turn(stormTurn, time.Second)}, decision{hold: holdNothing}},
		{"the end of a build ends no storm", situation{news: true, storm: turn(stormTurn, time.Second)}, decision{storm: turn(stormTurn, time.Second)}},
		{"who asks for a build waits for no storm", situation{ordered: true, storm: turn(stormTurn, time.Second)}, decision{storm: turn(stormTurn, time.Second)}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			tt.s.now = now
			if diff := cmp.Diff(tt.want, decide(tt.s), cmp.AllowUnexported(decision{}, storm{})); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}
