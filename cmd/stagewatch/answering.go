package main

import (
	"context"
	"sync"
	"time"

	"github.com/stagewatch/stagewatch/engine/config"
	"github.com/stagewatch/stagewatch/engine/event"
	"github.com/stagewatch/stagewatch/engine/socket"
	"github.com/stagewatch/stagewatch/ui/remote"
)

// answering lets other programs ask the session while its events pass. It returns what passes them on, and what ends it.
func answering(cfg config.Config, intents chan<- event.Intent) (pass func(<-chan event.Event) <-chan event.Event, end func()) {
	if cfg.Once {
		return func(events <-chan event.Event) <-chan event.Event { return events }, func() {}
	}
	return answeringAll([]socket.Session{{Context: cfg.Context, Dockerfile: cfg.File, Started: time.Now()}}, intents)
}

// answeringAll is [answering] for each service of a project.
func answeringAll(sessions []socket.Session, intents chan<- event.Intent) (pass func(<-chan event.Event) <-chan event.Event, end func()) {
	var listeners []*socket.Listener
	end = func() {
		for _, l := range listeners {
			_ = l.Close()
		}
	}
	servers := map[string]*remote.Server{}
	for _, of := range sessions {
		l, err := socket.Listen(of)
		if err != nil {
			end()
			return func(events <-chan event.Event) <-chan event.Event {
				return after([]event.Event{unanswering(err)}, events)
			}, func() {}
		}
		listeners = append(listeners, l)
		servers[l.Service] = remote.NewServer(remote.About{ID: l.ID, Context: l.Context, Dockerfile: l.Dockerfile, Service: l.Service}, func(ctx context.Context, i event.Intent) bool {
			if l.Service != "" {
				i = event.ForService{Service: l.Service, Intent: i}
			}
			select {
			case intents <- i:
				return true
			case <-ctx.Done():
				return false
			}
		})
		go serve(l, servers[l.Service])
	}
	take := func(e event.Event) {
		for service, s := range servers {
			if e.Service == service || e.Service == "" {
				s.Take(e)
			}
		}
	}
	return func(events <-chan event.Event) <-chan event.Event {
		return tapped(events, take, func() {
			var closing sync.WaitGroup
			for _, s := range servers {
				closing.Go(s.Close)
			}
			closing.Wait()
		})
	}, end
}

// serve has a server answer on a socket until that is closed.
func serve(l *socket.Listener, s *remote.Server) {
	for {
		conn, err := l.Accept()
		if err != nil {
			return
		}
		go s.Serve(conn)
	}
}

// unanswering is the warning that nobody can ask.
func unanswering(err error) event.Event {
	return event.Event{Time: time.Now(), Body: event.Warning{Code: event.CodeUnanswering, Message: "no other program can ask this session: " + err.Error(), Hint: "Set XDG_CACHE_HOME to a folder of your own that can be written to."}}
}

// after returns the first events, and the others behind them.
func after(first []event.Event, events <-chan event.Event) <-chan event.Event {
	out := make(chan event.Event, len(first)+cap(events))
	for _, e := range first {
		out <- e
	}
	go func() {
		defer close(out)
		for e := range events {
			out <- e
		}
	}()
	return out
}
