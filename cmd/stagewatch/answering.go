package main

import (
	"context"
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
	l, err := socket.Listen(cfg.Context, cfg.File)
	if err != nil {
		return func(events <-chan event.Event) <-chan event.Event {
			w := event.Warning{Code: event.CodeUnanswering, Message: "no other program can ask this session: " + err.Error(), Hint: "Set XDG_CACHE_HOME to a folder of your own that can be written to."}
			return after([]event.Event{{Time: time.Now(), Body: w}}, events)
		}, func() {}
	}
	server := remote.NewServer(remote.About{ID: l.ID, Context: l.Context, Dockerfile: l.Dockerfile}, func(ctx context.Context, i event.Intent) bool {
		select {
		case intents <- i:
			return true
		case <-ctx.Done():
			return false
		}
	})
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go server.Serve(conn)
		}
	}()
	return server.Pass, func() { _ = l.Close() }
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
