package config

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/docker/go-connections/nat"

	"github.com/stagewatch/stagewatch/engine/fault"
	"github.com/stagewatch/stagewatch/engine/front"
)

// Published returns the -p values in force.
func (a App) Published() []string {
	if a.Portless {
		return nil
	}
	if len(a.Publish) == 0 && !a.PublishAll {
		return []string{"8080:8080"}
	}
	return a.Publish
}

// ParsePublish reads a -p value as docker run does, but for the address: it is loopback unless one is given. A value
// with a range on both sides publishes several ports.
func ParsePublish(value string) ([]front.Published, error) {
	specs, err := nat.ParsePortSpec(value)
	if err != nil {
		return nil, &fault.Error{What: fmt.Sprintf("reading -p %q", value), Err: err, Hint: publishHint}
	}
	var out []front.Published
	for _, spec := range specs {
		p, err := published(spec)
		if err != nil {
			return nil, &fault.Error{What: fmt.Sprintf("reading -p %q", value), Err: err, Hint: publishHint}
		}
		out = append(out, p)
	}
	return out, nil
}

const publishHint = "Write -p PORT:CONTAINER-PORT, e.g. -p 8080:8080, or -p 0.0.0.0:8080:8080 for every interface; -p CONTAINER-PORT takes any free port."

func published(spec nat.PortMapping) (front.Published, error) {
	p := front.Published{Host: spec.Binding.HostIP, Port: spec.Port.Int()}
	if proto := spec.Port.Proto(); proto != "tcp" {
		return p, fmt.Errorf("only a tcp port can be served, not %s", proto)
	}
	if p.Port == 0 {
		return p, errors.New("an app can't listen on port 0")
	}
	if p.Host == "" {
		p.Host = "127.0.0.1"
	}
	first, last, ranged := strings.Cut(spec.Binding.HostPort, "-")
	if !ranged {
		last = first
	}
	// No port stands for any free one, and so does 0.
	p.First, _ = strconv.Atoi(first)
	p.Last, _ = strconv.Atoi(last)
	return p, nil
}

// Ports reads all -p values. The app's own port is the first.
func (a App) Ports() ([]front.Published, error) {
	var out []front.Published
	taken := map[string]string{}
	for _, value := range a.Published() {
		if OfUDP(value) {
			continue // which the engine publishes
		}
		ps, err := ParsePublish(value)
		if err != nil {
			return nil, err
		}
		for _, p := range ps {
			addr := p.String()
			if other, ok := taken[addr]; ok && p.First == p.Last && p.First != 0 {
				return nil, &fault.Error{What: fmt.Sprintf("reading -p %q: %s is published by -p %s already", value, addr, other), Hint: "Choose another port."}
			}
			taken[addr] = value
			p.Reload = a.Reload
			out = append(out, p)
		}
	}
	if a.Swap != Restart && slices.ContainsFunc(a.Spec().UDP, fixed) {
		return nil, &fault.Error{What: "publishing a udp port: it can't be handed over, as the engine publishes it", Hint: "Choose --swap restart, which stops the old container first, or give no port of this machine: each container gets a free one."}
	}
	if len(out) == 0 && !a.PublishAll && !a.Portless {
		return nil, &fault.Error{What: "publishing only udp ports: the app has to answer on a tcp port", Hint: "Publish one as well, e.g. -p 8080:8080."}
	}
	return out, nil
}

// fixed reports whether a -p value names a port of the machine.
func fixed(value string) bool {
	specs, err := nat.ParsePortSpec(value)
	return err != nil || slices.ContainsFunc(specs, func(s nat.PortMapping) bool { return s.Binding.HostPort != "" && s.Binding.HostPort != "0" })
}

// OfUDP reports whether a -p value is of udp.
func OfUDP(value string) bool { return strings.HasSuffix(strings.ToLower(value), "/udp") }
