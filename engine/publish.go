package engine

import (
	"errors"
	"fmt"
	"net"
	"strconv"
	"strings"

	"github.com/docker/go-connections/nat"

	"github.com/stagewatch/stagewatch/engine/fault"
)

// Published are the -p values in force.
func (c Config) Published() []string {
	if len(c.Publish) == 0 {
		return []string{"8080:8080"}
	}
	return c.Publish
}

// Published is where a port of the app is served, and which port of the app that is.
type Published struct {
	// Host is the address, First and Last are the range of ports of which the first free one is taken. Most often they
	// are one port; 0 stands for any free one.
	Host        string
	First, Last int
	// Port is the app's.
	Port int
}

// Addrs are the addresses, host:port, in the order in which they are tried.
func (p Published) Addrs() []string {
	var out []string
	for port := p.First; port <= p.Last; port++ {
		out = append(out, net.JoinHostPort(p.Host, strconv.Itoa(port)))
	}
	return out
}

// String is the address with its range: "127.0.0.1:8212-8214".
func (p Published) String() string {
	return net.JoinHostPort(p.Host, p.ports())
}

func (p Published) ports() string {
	ports := strconv.Itoa(p.First)
	if p.Last > p.First {
		ports += "-" + strconv.Itoa(p.Last)
	}
	return ports
}

// ParsePublish reads a -p value as docker run does, but for the address: it is loopback unless one is given. A value
// with a range on both sides publishes several ports.
func ParsePublish(value string) ([]Published, error) {
	specs, err := nat.ParsePortSpec(value)
	if err != nil {
		return nil, &fault.Error{What: fmt.Sprintf("reading -p %q", value), Err: err, Hint: publishHint}
	}
	var out []Published
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

func published(spec nat.PortMapping) (Published, error) {
	p := Published{Host: spec.Binding.HostIP, Port: spec.Port.Int()}
	if proto := spec.Port.Proto(); proto != "tcp" {
		return p, fmt.Errorf("only a tcp port can be served, not %s", proto)
	}
	if p.Port == 0 {
		return p, errors.New("0 is no port that an app can listen on")
	}
	if p.Host == "" {
		p.Host = "127.0.0.1"
	}
	first, last, ranged := strings.Cut(spec.Binding.HostPort, "-")
	if !ranged {
		last = first
	}
	// None is any free one, and so is 0.
	p.First, _ = strconv.Atoi(first)
	p.Last, _ = strconv.Atoi(last)
	return p, nil
}

// ports reads all -p values. The app's own port is the first.
func (c Config) ports() ([]Published, error) {
	var out []Published
	taken := map[string]string{}
	for _, value := range c.Published() {
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
		}
		out = append(out, ps...)
	}
	return out, nil
}
