package run

import (
	"net/http"
	"testing"
	"time"

	"github.com/docker/docker/api/types/container"

	"github.com/stagewatch/stagewatch/engine/dock/docktest"
)

func TestExitIsNoticedWithItsCode(t *testing.T) {
	r := newRig(t)
	c := r.serve(Spec{Image: r.image("-listen", ":8080")})
	_, _ = http.Get("http://" + c.Addr() + "/exit")
	if exit := r.ended(c); exit.Code != 3 || exit.OOM || exit.Gone {
		t.Errorf("%+v", exit)
	}
}

func TestOutOfMemoryIsNoticed(t *testing.T) {
	r := newRig(t)
	c := r.serve(Spec{Image: r.image("-listen", ":8080")})
	limit := container.Resources{Memory: 40 << 20, MemorySwap: 40 << 20}
	if _, err := r.engine.Client.ContainerUpdate(t.Context(), c.ID, container.UpdateConfig{Resources: limit}); err != nil {
		t.Skipf("this engine sets no memory limits: %v", err)
	}
	go func() { _, _ = http.Get("http://" + c.Addr() + "/eat") }()
	if exit := r.ended(c); !exit.OOM || exit.Code != 137 {
		t.Errorf("%+v", exit)
	}
}

func TestAContainerRemovedByHandIsGone(t *testing.T) {
	r := newRig(t)
	c := r.serve(Spec{Image: r.image("-listen", ":8080")})
	if err := r.engine.Client.ContainerRemove(t.Context(), c.ID, container.RemoveOptions{Force: true}); err != nil {
		t.Fatal(err)
	}
	// The exit code may or may not be known, depending on timing. That the container ended must be.
	if exit := r.ended(c); !exit.Gone && exit.Code != 137 {
		t.Errorf("%+v", exit)
	}
}

func TestAnEngineThatIsAwayDoesNotHideTheEnd(t *testing.T) {
	r := newRig(t)
	line := docktest.Unreliable(t, r.engine)
	far := New(t.Context(), line.Engine, r.session.Labels())
	c, err := far.Start(t.Context(), Spec{Image: r.image("-listen", ":8080"), Port: 8080})
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Ready(t.Context(), Readiness{Within: 30 * time.Second}); err != nil {
		t.Fatal(err)
	}
	line.Down()
	go func() { _, _ = http.Get("http://" + c.Addr() + "/exit") }()
	for refused := line.Refused(); line.Refused() < refused+3; time.Sleep(time.Millisecond) {
		select {
		case <-c.Done():
			t.Fatalf("ended while the engine could not be asked: %+v", c.Exit())
		default:
		}
	}
	line.Up()
	if exit := r.ended(c); exit.Code != 3 {
		t.Errorf("%+v", exit)
	}
}

func TestCrashesAreRestartedEverMoreSlowly(t *testing.T) {
	var policy Crashes
	for i, want := range []time.Duration{0, 500 * time.Millisecond, time.Second, 2 * time.Second, 4 * time.Second, 8 * time.Second, 16 * time.Second, 30 * time.Second, 30 * time.Second} {
		var delay time.Duration
		if policy, delay = policy.Next(time.Second); delay != want {
			t.Errorf("death %d: wait %s, want %s", i+1, delay, want)
		}
		if policy.Looping() != (i >= 2) {
			t.Errorf("death %d: looping %v", i+1, policy.Looping())
		}
	}
	if policy, delay := policy.Next(time.Minute); delay != 0 || policy.Looping() {
		t.Errorf("after a long life: %+v, wait %s", policy, delay)
	}
}
