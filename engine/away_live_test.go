package engine

import (
	"testing"

	"github.com/stagewatch/stagewatch/engine/config"
	"github.com/stagewatch/stagewatch/engine/dock/docktest"
	"github.com/stagewatch/stagewatch/engine/event"
)

// TestAContainerThatOutlivesItsEngine goes on serving when the engine is back: so it is with live-restore, and where only
// the way to the engine was cut.
func TestAContainerThatOutlivesItsEngine(t *testing.T) {
	l := newLive(t)
	line := docktest.Unreliable(t, l.engine)
	t.Setenv("DOCKER_HOST", line.Engine.Host)
	l.start(config.Config{})
	first, _ := await[event.Serving](l, nil)
	await[event.Ledger](l, nil)
	line.Down()
	await(l, func(w event.Warning) bool { return w.Code == event.CodeEngineGone })
	if got := l.get(first.URL); got != "one" {
		t.Errorf("without its engine the app serves %q", got)
	}
	line.Up()
	again, e := await[event.Serving](l, nil)
	if again.Container != first.Container || e.Build != 2 || l.stops(event.StopReplaced) > 0 {
		t.Errorf("build %d serves from %s; it was %s", e.Build, again.Container, first.Container)
	}
	if got := l.get(again.URL); got != "one" {
		t.Errorf("back again it serves %q", got)
	}
	l.write("page.txt", "two")
	l.serves(first.URL, "two")
}
