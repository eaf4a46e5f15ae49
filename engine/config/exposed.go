package config

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/docker/go-connections/nat"

	"github.com/stagewatch/stagewatch/engine/fault"
)

// WithExposed returns the app with the ports of an image's config published, too: each at any free port, the lowest first. The
// config is JSON as in an image.
func (a App) WithExposed(image []byte) (App, error) {
	var of struct {
		Config struct{ ExposedPorts map[string]struct{} } `json:"config"`
	}
	if err := json.Unmarshal(image, &of); err != nil {
		return a, fmt.Errorf("decoding the image config: %w", err)
	}
	published := map[string]bool{}
	for _, value := range a.Publish {
		specs, _ := nat.ParsePortSpec(value) // which was checked
		for _, s := range specs {
			published[string(s.Port)] = true
		}
	}
	ports := slices.SortedFunc(maps.Keys(of.Config.ExposedPorts), func(x, y string) int { return cmp.Compare(nat.Port(x).Int(), nat.Port(y).Int()) })
	a.Publish = slices.Clone(a.Publish)
	for _, port := range ports {
		if !published[port] {
			a.Publish = append(a.Publish, strings.TrimSuffix(port, "/tcp"))
		}
	}
	if len(a.Publish) == 0 {
		return a, &fault.Error{What: "publishing all ports: the target exposes none", Hint: "Write EXPOSE into its stage, or publish a port with -p."}
	}
	return a, nil
}
