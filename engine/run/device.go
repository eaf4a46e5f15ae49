package run

import (
	"encoding/json"
	"fmt"
	"path"
	"strings"

	"github.com/docker/docker/api/types/container"
	"github.com/docker/go-connections/nat"
	cdi "tags.cncf.io/container-device-interface/pkg/parser"

	"github.com/stagewatch/stagewatch/engine/fault"
)

// addDevice reads a --device value as docker run does: a path with its path in the container and its permissions, or the name
// of a device that the engine's CDI knows.
func addDevice(host *container.HostConfig, value string) error {
	if cdi.IsQualifiedName(value) {
		for i := range host.DeviceRequests {
			if r := &host.DeviceRequests[i]; r.Driver == "cdi" {
				r.DeviceIDs = append(r.DeviceIDs, value)
				return nil
			}
		}
		host.DeviceRequests = append(host.DeviceRequests, container.DeviceRequest{Driver: "cdi", DeviceIDs: []string{value}})
		return nil
	}
	parts := strings.Split(value, ":")
	d := container.DeviceMapping{PathOnHost: parts[0], PathInContainer: parts[0], CgroupPermissions: "rwm"}
	switch {
	case len(parts) > 3 || parts[0] == "":
		return fmt.Errorf("bad format for path: %s", value)
	case len(parts) == 3 && !permissions(parts[2]):
		return fmt.Errorf("bad mode specified: %s", parts[2])
	case len(parts) == 3:
		d.PathInContainer, d.CgroupPermissions = parts[1], parts[2]
	case len(parts) == 2 && permissions(parts[1]):
		d.PathOnHost, d.CgroupPermissions = path.Clean(parts[0]), parts[1]
		d.PathInContainer = d.PathOnHost
	case len(parts) == 2:
		d.PathInContainer = path.Clean(parts[1])
	default:
		d.PathOnHost = path.Clean(parts[0])
		d.PathInContainer = d.PathOnHost
	}
	if !path.IsAbs(d.PathInContainer) {
		return fmt.Errorf("%s is not an absolute path", d.PathInContainer)
	}
	host.Devices = append(host.Devices, d)
	return nil
}

// permissions reports whether text is made of r, w and m, each at most once.
func permissions(text string) bool {
	for _, c := range text {
		if !strings.ContainsRune("rwm", c) || strings.Count(text, string(c)) > 1 {
			return false
		}
	}
	return text != ""
}

// publish has the engine publish the udp ports, on the loopback where no address is given.
func (o Options) publish(config *container.Config, host *container.HostConfig) error {
	for _, value := range o.UDP {
		specs, err := nat.ParsePortSpec(value)
		if err != nil {
			return &fault.Error{What: fmt.Sprintf("reading --publish %q", value), Err: err, Hint: "Write -p PORT:CONTAINER-PORT/udp."}
		}
		if config.ExposedPorts == nil {
			config.ExposedPorts, host.PortBindings = nat.PortSet{}, nat.PortMap{}
		}
		for _, s := range specs {
			if s.Binding.HostIP == "" {
				s.Binding.HostIP = "127.0.0.1"
			}
			config.ExposedPorts[s.Port] = struct{}{}
			host.PortBindings[s.Port] = append(host.PortBindings[s.Port], s.Binding)
		}
	}
	return nil
}

// recoded puts what has the same fields as JSON into out.
func recoded(in, out any) error {
	dt, err := json.Marshal(in)
	if err != nil {
		return err
	}
	return json.Unmarshal(dt, out)
}
