package serve

import (
	"context"
	"errors"
	"fmt"
	"net"
	"sync"
	"time"

	"github.com/stagewatch/stagewatch/engine/event"
	"github.com/stagewatch/stagewatch/engine/fault"
	"github.com/stagewatch/stagewatch/engine/front"
)

// portRetry is how often a taken port is tried again; there is no notice of a port becoming free.
const portRetry = time.Second

// Opening is what opening the published ports needs.
type Opening struct {
	// Holder names what listens at an address, empty for unknown.
	Holder func(addr string) string
	Emit   func(event.Body)
	// Free is called, from another goroutine, when the app's own port is ours after something else held it.
	Free func()
}

// OpenPorts opens all ports, of which the first is the app's own. Where something else holds one it says what does, and
// tries again until ctx ends. It fails where an address can never be listened on.
func OpenPorts(ctx context.Context, published []front.Published, o Opening) (Ports, error) {
	var ports Ports
	for i, want := range published {
		if i > 0 {
			o.Free = func() {}
		}
		p, err := openPort(ctx, want, o)
		if err != nil {
			return nil, errors.Join(err, ports.Close(ctx))
		}
		ports = append(ports, p)
	}
	return ports, nil
}

// Ports are the published ports, the first one the app's own. They are a [Door].
type Ports []*port

// URL is where a browser finds the app, empty where nothing is published.
func (ps Ports) URL() string {
	if len(ps) == 0 {
		return ""
	}
	return ps[0].URL()
}

func (ps Ports) Switch(inst Instance, build int) (Drains, bool) {
	var ds Drains
	first := len(ps) == 0
	for i, p := range ps {
		b := inst.Backend(p.want.Port)
		b.Build = build
		d, open := p.Switch(b)
		if open {
			ds = append(ds, d)
		}
		first = first || i == 0 && open
	}
	return ds, first
}

func (ps Ports) Hold() Drains {
	var ds Drains
	for _, p := range ps {
		if d := p.Hold(); d != nil {
			ds = append(ds, d)
		}
	}
	return ds
}

func (ps Ports) SetStatus(s front.Status) {
	for _, p := range ps {
		p.SetStatus(s)
	}
}

func (ps Ports) SetFailure(s *front.Status) {
	for _, p := range ps {
		p.SetFailure(s)
	}
}

// Close gives the ports back; requests in flight have until ctx ends.
func (ps Ports) Close(ctx context.Context) error {
	var errs []error
	for _, p := range ps {
		errs = append(errs, p.Close(ctx))
	}
	return errors.Join(errs...)
}

// port is one published port. Where something else holds it, it says what does, and tries again.
type port struct {
	Opening
	want front.Published

	mu sync.Mutex
	// front listens on the port, nil while something else holds it.
	front *front.Front
	// wanted is what the port is to lead to, nil while requests are to wait.
	wanted *front.Backend
	status front.Status
	// failure is what pages show, nil for nothing.
	failure *front.Status
}

// openPort opens the port, or starts to wait for it. It fails where the address can never be listened on.
func openPort(ctx context.Context, want front.Published, o Opening) (*port, error) {
	p := &port{Opening: o, want: want}
	f, err := want.Listen()
	var inUse *front.InUseError
	switch {
	case err == nil:
		p.front = f
	case errors.As(err, &inUse):
		p.warn()
		go p.retry(ctx)
	default:
		return nil, &fault.Error{What: "listening on " + want.String(), Err: err, Hint: "Choose another address or port with -p."}
	}
	return p, nil
}

func (p *port) warn() {
	const lost = "the app is built and runs, but nobody reaches it there"
	if p.want.Last > p.want.First {
		p.Emit(event.Warning{Code: event.CodePortTaken, Message: fmt.Sprintf("the ports %d to %d are all taken; %s", p.want.First, p.want.Last, lost),
			Hint: fmt.Sprintf("Stop what holds one of them, and it is taken over; or take any free one: -p %d.", p.want.Port)})
		return
	}
	by := ""
	if who := p.Holder(p.want.String()); who != "" {
		by = " by " + who
	}
	p.Emit(event.Warning{Code: event.CodePortTaken, Message: fmt.Sprintf("port %d is taken%s; %s", p.want.First, by, lost),
		Hint: fmt.Sprintf("Stop what holds the port, and it is taken over; or take any free one: -p %d.", p.want.Port)})
}

func (p *port) retry(ctx context.Context) {
	tick := time.NewTicker(portRetry)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
		f, err := p.want.Listen()
		if err != nil {
			continue
		}
		p.mu.Lock()
		p.front = f
		f.SetStatus(p.status)
		f.SetFailure(p.failure)
		wanted := p.wanted
		if wanted != nil {
			f.Switch(*wanted)
		}
		p.mu.Unlock()
		p.Emit(event.Warning{Code: event.CodePortFree, Message: "the port is free now, and taken over"})
		if wanted != nil {
			p.Free()
		}
		return
	}
}

// URL is where a browser finds the app.
func (p *port) URL() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	addr := p.want.Addrs()[0]
	if p.front != nil {
		addr = p.front.Addr().String()
	}
	host, port, err := net.SplitHostPort(addr)
	if err == nil && net.ParseIP(host).IsUnspecified() {
		addr = net.JoinHostPort("127.0.0.1", port)
	}
	return "http://" + addr
}

func (p *port) Switch(b front.Backend) (*front.Drain, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.wanted = &b
	if p.front == nil {
		return nil, false
	}
	return p.front.Switch(b), true
}

func (p *port) Hold() *front.Drain {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.wanted = nil
	if p.front == nil {
		return nil
	}
	return p.front.Hold()
}

func (p *port) SetStatus(s front.Status) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.status = s
	if p.front != nil {
		p.front.SetStatus(s)
	}
}

func (p *port) SetFailure(s *front.Status) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.failure = s
	if p.front != nil {
		p.front.SetFailure(s)
	}
}

// Close gives the port back; requests in flight have until ctx ends.
func (p *port) Close(ctx context.Context) error {
	p.mu.Lock()
	f := p.front
	p.mu.Unlock()
	if f == nil {
		return nil
	}
	return f.Close(ctx)
}
