package engine

import (
	"testing"
	"time"

	"github.com/docker/docker/api/types/events"
	"github.com/docker/docker/api/types/filters"
	"github.com/docker/docker/api/types/versions"

	"github.com/stagewatch/stagewatch/engine/config"
	"github.com/stagewatch/stagewatch/engine/event"
)

// TestAHealthchecksStartInterval reaches the engine, which finds the container healthy long before the interval is over.
func TestAHealthchecksStartInterval(t *testing.T) {
	l := newLive(t)
	if api := l.engine.Client.ClientVersion(); versions.LessThan(api, "1.44") {
		t.Skipf("this engine's API, %s, has no start interval", api)
	}
	l.write("Dockerfile", liveDockerfile+"HEALTHCHECK --interval=1h --start-period=1h --start-interval=500ms CMD true\n")
	healthy, broken := l.engine.Client.Events(t.Context(), events.ListOptions{
		Filters: filters.NewArgs(filters.Arg("type", "container"), filters.Arg("event", "health_status")),
	})
	l.start(config.Config{})
	serving, _ := await[event.Serving](l, nil)
	seen, err := l.engine.Client.ContainerInspect(t.Context(), serving.Container)
	if err != nil {
		t.Fatal(err)
	}
	if h := seen.Config.Healthcheck; h == nil || h.StartInterval != 500*time.Millisecond || h.Interval != time.Hour {
		t.Errorf("the container's health check is %+v", h)
	}
	for deadline := time.After(patience); ; {
		select {
		case e := <-healthy:
			if e.Actor.ID == serving.Container {
				if e.Action != "health_status: healthy" {
					t.Errorf("the engine says %s", e.Action)
				}
				return
			}
		case err := <-broken:
			t.Fatal(err)
		case <-deadline:
			t.Fatal("the engine does not find the container healthy")
		}
	}
}
