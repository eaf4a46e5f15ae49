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
	for i, p := range published {
		free := func() {}
		if i == 0 {
			free = o.Free
		}
		g, err := openGate(ctx, p, o.Holder, o.Emit, free)
		if err != nil {
			return nil, errors.Join(err, ports.Close(ctx))
		}
		ports = append(ports, g)
	}
	return ports, nil
}

// Ports are the published ports, the first one the app's own. They are a [Door].
type Ports []*gate

func (gs Ports) URL() string { return gs[0].URL() }

func (gs Ports) Switch(inst Instance, build int) (Drains, bool) {
	var ds Drains
	first := false
	for i, g := range gs {
		b := inst.Backend(g.inside)
		b.Build = build
		d, open := g.Switch(b)
		if open {
			ds = append(ds, d)
		}
		first = first || i == 0 && open
	}
	return ds, first
}

func (gs Ports) Hold() Drains {
	var ds Drains
	for _, g := range gs {
		if d := g.Hold(); d != nil {
			ds = append(ds, d)
		}
	}
	return ds
}

func (gs Ports) SetStatus(s front.Status) {
	for _, g := range gs {
		g.SetStatus(s)
	}
}

// Close gives the ports back; requests in flight have until ctx ends.
func (gs Ports) Close(ctx context.Context) error {
	var errs []error
	for _, g := range gs {
		errs = append(errs, g.Close(ctx))
	}
	return errors.Join(errs...)
}

// gate is one published port. Where something else holds the port it says what does, and tries again.
type gate struct {
	want front.Published
	// inside is the port of the app behind it.
	inside int
	holder func(addr string) string
	emit   func(event.Body)
	// opened is called once the port is had after all, from another goroutine.
	opened func()

	mu     sync.Mutex
	front  *front.Front
	wanted *front.Backend
	status front.Status
}

// openGate opens the port, or starts waiting for it. It fails where the address can never be listened on.
func openGate(ctx context.Context, p front.Published, holder func(string) string, emit func(event.Body), opened func()) (*gate, error) {
	g := &gate{want: p, inside: p.Port, holder: holder, emit: emit, opened: opened}
	f, err := p.Listen()
	var inUse *front.InUseError
	switch {
	case err == nil:
		g.front = f
	case errors.As(err, &inUse):
		g.warn()
		go g.retry(ctx)
	default:
		return nil, &fault.Error{What: "listening on " + p.String(), Err: err, Hint: "Choose another address or port with -p."}
	}
	return g, nil
}

func (g *gate) warn() {
	const lost = "the app is built and runs, but nobody reaches it there"
	if g.want.Last > g.want.First {
		g.emit(event.Warning{Code: event.CodePortTaken, Message: fmt.Sprintf("the ports %d to %d are all taken; %s", g.want.First, g.want.Last, lost),
			Hint: fmt.Sprintf("Stop what holds one of them, and it is taken over; or take any free one: -p %d.", g.inside)})
		return
	}
	by := ""
	if who := g.holder(g.want.String()); who != "" {
		by = " by " + who
	}
	g.emit(event.Warning{Code: event.CodePortTaken, Message: fmt.Sprintf("port %d is taken%s; %s", g.want.First, by, lost),
		Hint: fmt.Sprintf("Stop what holds the port, and it is taken over; or take any free one: -p %d.", g.inside)})
}

func (g *gate) retry(ctx context.Context) {
	tick := time.NewTicker(portRetry)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
		f, err := g.want.Listen()
		if err != nil {
			continue
		}
		g.mu.Lock()
		g.front = f
		f.SetStatus(g.status)
		wanted := g.wanted
		if wanted != nil {
			f.Switch(*wanted)
		}
		g.mu.Unlock()
		g.emit(event.Warning{Code: event.CodePortFree, Message: "the port is free now, and taken over"})
		if wanted != nil {
			g.opened()
		}
		return
	}
}

// URL is where a browser finds the app.
func (g *gate) URL() string {
	g.mu.Lock()
	defer g.mu.Unlock()
	addr := g.want.Addrs()[0]
	if g.front != nil {
		addr = g.front.Addr().String()
	}
	host, port, err := net.SplitHostPort(addr)
	if err == nil && net.ParseIP(host).IsUnspecified() {
		addr = net.JoinHostPort("127.0.0.1", port)
	}
	return "http://" + addr
}

func (g *gate) Switch(b front.Backend) (*front.Drain, bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.wanted = &b
	if g.front == nil {
		return nil, false
	}
	return g.front.Switch(b), true
}

func (g *gate) Hold() *front.Drain {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.wanted = nil
	if g.front == nil {
		return nil
	}
	return g.front.Hold()
}

func (g *gate) SetStatus(s front.Status) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.status = s
	if g.front != nil {
		g.front.SetStatus(s)
	}
}

// Close gives the port back; requests in flight have until ctx ends.
func (g *gate) Close(ctx context.Context) error {
	g.mu.Lock()
	f := g.front
	g.mu.Unlock()
	if f == nil {
		return nil
	}
	return f.Close(ctx)
}
