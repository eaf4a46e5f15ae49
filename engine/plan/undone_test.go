package plan

import (
	"maps"
	"slices"
	"testing"

	"github.com/moby/buildkit/solver/pb"
)

// TestUndone: what an engine would pass over is not asked of it, so that the graph is that of a build without it.
func TestUndone(t *testing.T) {
	old, all := capSet(nil), pb.Caps.CapSet(pb.Caps.All())
	attrs := map[string]string{"ulimit": "nofile=1:2", "shm-size": "1", "add-hosts": "a=10.0.0.1,gate=host-gateway", "target": "x"}
	for name, c := range map[string]struct {
		in     Input
		undone []string
		done   map[string]string
	}{
		"an old engine": {Input{Attrs: attrs, Caps: old}, []string{"add-hosts", "shm-size", "ulimit"},
			map[string]string{"add-hosts": "a=10.0.0.1", "target": "x"}},
		"a new one": {Input{Attrs: attrs, Caps: &all, HostGateway: "172.17.0.1"}, nil,
			map[string]string{"ulimit": "nofile=1:2", "shm-size": "1", "add-hosts": "a=10.0.0.1,gate=172.17.0.1", "target": "x"}},
		"nothing that it could not do": {Input{Attrs: map[string]string{"target": "x"}, Caps: old}, nil, map[string]string{"target": "x"}},
		"nothing but its own host":     {Input{Attrs: map[string]string{"add-hosts": "gate=host-gateway"}, Caps: old}, []string{"add-hosts"}, map[string]string{}},
	} {
		if got := Undone(c.in.Attrs, c.in.Caps, c.in.HostGateway); !slices.Equal(got, c.undone) {
			t.Errorf("%s: %q is undone, want %q", name, got, c.undone)
		}
		if got := c.in.done(); !maps.Equal(got, c.done) {
			t.Errorf("%s: %q is done, want %q", name, got, c.done)
		}
	}
	if len(attrs) != 4 {
		t.Errorf("the caller's own attributes are changed: %q", attrs)
	}
}
