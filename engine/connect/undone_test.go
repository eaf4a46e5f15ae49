package connect

import (
	"testing"

	"github.com/stagewatch/stagewatch/engine/config"
	"github.com/stagewatch/stagewatch/engine/fault"
)

// TestUndone: what an engine passes over has the name by which it was asked for.
func TestUndone(t *testing.T) {
	once, service := config.Config{Session: config.Session{Once: true}}, config.Config{Session: config.Session{Service: "api", Once: true}}
	const engine = "Docker Engine 20.10.24"
	for _, c := range []struct {
		attr   string
		cfg    config.Config
		want   string
		failed bool
	}{
		{"ulimit", once, "--ulimit has no effect: the BuildKit of Docker Engine 20.10.24 does not know it", false},
		{"ulimit", config.Config{}, "--build-ulimit has no effect: the BuildKit of Docker Engine 20.10.24 does not know it", false},
		{"shm-size", service, "build.shm_size has no effect: the BuildKit of Docker Engine 20.10.24 does not know it", false},
		{"add-hosts", service, "build.extra_hosts has host-gateway, whose address the BuildKit of Docker Engine 20.10.24 does not say: that host is left out", false},
		{"add-hosts", once, "unable to derive the IP value for host-gateway: the BuildKit of Docker Engine 20.10.24 does not say it", true},
	} {
		w, err := undone(c.attr, engine, c.cfg)
		got, hint := w.Message, w.Hint
		if err != nil {
			got, hint = err.Error(), fault.Hint(err)
		}
		if got != c.want || hint == "" || (err != nil) != c.failed {
			t.Errorf("%s: got %q, %v", c.attr, got, err)
		}
	}
}
