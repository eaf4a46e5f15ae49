package compose

import (
	"cmp"
	"fmt"
	"maps"
	"strings"

	"slices"

	"github.com/compose-spec/compose-go/v2/types"
)

// Run is how a service is run, as far as docker compose does not make its container.
type Run struct {
	// Container is the name of its container.
	Container string
	// Publish are its published ports as values of -p. As everywhere here, one that names no address is for this machine alone.
	Publish []string
	// StopFirst: two of its containers can't run at once.
	StopFirst bool
	// After are the services that it waits for, by name.
	After map[string]Condition
	// Lacks are what it asks for and does not get.
	Lacks []Lack
}

// Condition is what a service waits for of another.
type Condition string

// The conditions of depends_on.
const (
	Started   Condition = types.ServiceConditionStarted
	Healthy   Condition = types.ServiceConditionHealthy
	Completed Condition = types.ServiceConditionCompletedSuccessfully
)

// run returns how a service is run.
func (p *Project) run(s types.ServiceConfig) Run {
	r := Run{Container: cmp.Or(s.ContainerName, p.named(s.Name, "1")), After: map[string]Condition{}}
	for name, dep := range s.DependsOn {
		if _, there := p.model.Services[name]; there {
			r.After[name] = Condition(dep.Condition)
		}
	}
	for _, port := range s.Ports {
		if port.Protocol != "" && port.Protocol != "tcp" {
			r.Lacks = append(r.Lacks, Lack{"ports", fmt.Sprintf("has %d/%s, which is not published: only tcp is handed over", port.Target, port.Protocol), false})
			continue
		}
		value := fmt.Sprint(port.Target)
		if port.Published != "" || port.HostIP != "" {
			value = port.Published + ":" + value
		}
		if port.HostIP != "" {
			host := port.HostIP
			if strings.Contains(host, ":") {
				host = "[" + host + "]"
			}
			value = host + ":" + port.Published + ":" + fmt.Sprint(port.Target)
		}
		r.Publish = append(r.Publish, value)
	}
	for _, name := range slices.Sorted(maps.Keys(s.Networks)) {
		if at := s.Networks[name]; at != nil && (at.Ipv4Address != "" || at.Ipv6Address != "" || at.MacAddress != "") {
			// An address is one container's.
			r.StopFirst = true
		}
	}
	switch {
	case s.NetworkMode == "host":
		r.Lacks = append(r.Lacks, Lack{"network_mode", "is host: its port can't be handed over", true})
	case s.NetworkMode != "" && s.NetworkMode != "none" && s.NetworkMode != "bridge":
		r.Lacks = append(r.Lacks, Lack{"network_mode", "is " + s.NetworkMode + ": it is the other container's network", true})
	}
	if n := s.GetScale(); n != 1 {
		r.Lacks = append(r.Lacks, Lack{"scale", fmt.Sprintf("is %d, and one container runs", n), n == 0})
	}
	return r
}
