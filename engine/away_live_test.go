package engine

import (
	"testing"
	"time"

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

// TestWithLiveRestore the app goes on while its engine is stopped and started: no request is lost, the container stays, and
// at the end nothing does.
func TestWithLiveRestore(t *testing.T) {
	p := docktest.NewPrivate(t, "", docktest.LiveRestore)
	l := onThis(t, p)
	before := p.Inventory()
	l.start(config.Config{})
	first, _ := await[event.Serving](l, nil)
	await[event.Ledger](l, nil)
	load := startLoad(t, first.URL)

	p.Leave()
	await(l, func(w event.Warning) bool { return w.Code == event.CodeEngineGone })
	p.Start()
	again, e := await[event.Serving](l, nil)
	if again.Container != first.Container || e.Build != 2 {
		t.Errorf("build %d serves from %s; it was %s", e.Build, again.Container, first.Container)
	}
	await[event.Ledger](l, nil)

	l.write("page.txt", "two")
	l.serves(first.URL+"/file/page.txt", "two")
	replaced, _ := await(l, func(s event.Stopped) bool { return s.Reason == event.StopReplaced })
	if replaced.Container != first.Container {
		t.Errorf("%s was replaced, and %s was there", replaced.Container, first.Container)
	}
	if requests, failures := load.end(); requests == 0 || len(failures) > 0 {
		t.Errorf("of %d requests these failed: %q", requests, failures)
	}
	l.stop()
	// The engine collects its garbage in its own time.
	after := p.Inventory()
	for deadline := time.Now().Add(patience); after != before && time.Now().Before(deadline); after = p.Inventory() {
		time.Sleep(20 * time.Millisecond)
	}
	if after != before {
		t.Errorf("before:\n%s\nafter:\n%s", before, after)
	}
}
