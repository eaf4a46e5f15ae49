package front

import (
	"errors"
	"net"
	"strconv"
)

// Published says where to serve a port of the app.
type Published struct {
	// Host is the address to listen on. First and Last are a range of ports, of which the first free one is used; most
	// often they are one port, and 0 stands for any free one.
	Host        string
	First, Last int
	// Port is the app's own.
	Port int
	// Reload has pages in browsers follow what serves.
	Reload bool
}

// Addrs returns the addresses, host:port, in the order in which they are tried.
func (p Published) Addrs() []string {
	var out []string
	for port := p.First; port <= p.Last; port++ {
		out = append(out, net.JoinHostPort(p.Host, strconv.Itoa(port)))
	}
	return out
}

// String returns the address with its range: "127.0.0.1:8212-8214".
func (p Published) String() string {
	return net.JoinHostPort(p.Host, p.Ports())
}

// Ports returns the range as -p has it: "8080", or "8212-8214".
func (p Published) Ports() string {
	ports := strconv.Itoa(p.First)
	if p.Last > p.First {
		ports += "-" + strconv.Itoa(p.Last)
	}
	return ports
}

// Listen opens the first port that is free. Requests wait until the first [Front.Switch]. If no port is free, the error
// is an [*InUseError].
func (p Published) Listen() (f *Front, err error) {
	for _, addr := range p.Addrs() {
		f, err = listen(addr, waitWithin, p.Reload)
		var inUse *InUseError
		if !errors.As(err, &inUse) {
			return f, err
		}
	}
	return nil, err
}
