package dock_test

import (
	"testing"

	"github.com/docker/docker/api/types/network"

	"github.com/stagewatch/stagewatch/engine/dock/docktest"
)

// TestEnginesOfOurOwnShareNoSubnet: an engine wants the subnet of its last start, which another one may have by now.
func TestEnginesOfOurOwnShareNoSubnet(t *testing.T) {
	first := docktest.NewPrivate(t, "")
	first.Stop()
	second := docktest.NewPrivate(t, "")
	first.Start()
	if a, b := subnet(t, first), subnet(t, second); a == b {
		t.Errorf("both are in %s", a)
	}
}

func subnet(t *testing.T, p *docktest.Private) string {
	t.Helper()
	bridge, err := p.Engine.Client.NetworkInspect(t.Context(), "bridge", network.InspectOptions{})
	if err != nil || len(bridge.IPAM.Config) == 0 {
		t.Fatalf("%+v, %v", bridge.IPAM, err)
	}
	return bridge.IPAM.Config[0].Subnet
}
