package engine

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

// portRetry is how often a taken port is tried again; nothing tells when a port becomes free.
const portRetry = time.Second

// gates are the published ports, the first one the app's own.
type gates []*gate

func (gs gates) URL() string { return gs[0].URL() }

func (gs gates) Switch(inst instance, build int) (drains, bool) {
	var ds drains
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

func (gs gates) Hold() drains {
	var ds drains
	for _, g := range gs {
		if d := g.Hold(); d != nil {
			ds = append(ds, d)
		}
	}
	return ds
}

func (gs gates) SetStatus(s front.Status) {
	for _, g := range gs {
		g.SetStatus(s)
	}
}

// Close gives the ports back; requests in flight have until ctx ends.
func (gs gates) Close(ctx context.Context) error {
	var errs []error
	for _, g := range gs {
		errs = append(errs, g.Close(ctx))
	}
	return errors.Join(errs...)
}

// gate is one published port for real. Where something else holds the port it says who, and tries on.
type gate struct {
	want Published
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
func openGate(ctx context.Context, p Published, holder func(string) string, emit func(event.Body), opened func()) (*gate, error) {
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

// Listen opens the first port that is free. Where none is, the error is a [*front.InUseError].
func (p Published) Listen() (f *front.Front, err error) {
	for _, addr := range p.Addrs() {
		f, err = front.Listen(addr)
		var inUse *front.InUseError
		if !errors.As(err, &inUse) {
			return f, err
		}
	}
	return nil, err
}

func (g *gate) warn() {
	const lost = "the app is built and runs, but nobody reaches it there"
	if g.want.Last > g.want.First {
		g.emit(event.Warning{Code: "port-taken", Message: fmt.Sprintf("the ports %d to %d are all taken; %s", g.want.First, g.want.Last, lost),
			Hint: fmt.Sprintf("Stop what holds one of them, and it is taken over; or take any free one: -p %d.", g.inside)})
		return
	}
	by := ""
	if who := g.holder(g.want.String()); who != "" {
		by = " by " + who
	}
	g.emit(event.Warning{Code: "port-taken", Message: fmt.Sprintf("port %d is taken%s; %s", g.want.First, by, lost),
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
		g.emit(event.Warning{Code: "port-free", Message: "the port is free now, and taken over"})
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
