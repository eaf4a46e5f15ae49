package engine

import (
	"bufio"
	"context"
	"io"
	"sync"

	"github.com/stagewatch/stagewatch/engine/desk"
	"github.com/stagewatch/stagewatch/engine/dockercompose"
	"github.com/stagewatch/stagewatch/engine/event"
)

// other runs a service that is not built here, until ctx ends.
func (t *team) other(ctx context.Context, service string, voice desk.Voice) {
	warn := func(what string) {
		voice.Emit(0, event.Warning{Code: event.CodeCompanion, Message: what})
	}
	voice.Emit(0, event.Companion{State: event.CompanionWaiting})
	if err := t.await(ctx, service, func(w event.Waiting) {
		voice.Emit(0, event.Companion{State: event.CompanionWaiting, Message: w.Message})
	}); err != nil {
		return
	}
	voice.Emit(0, event.Companion{State: event.CompanionStarting})
	err := t.compose.Up(ctx, service)
	if ctx.Err() != nil {
		return
	}
	if err != nil {
		warn("not started: " + err.Error())
		return
	}
	var beside sync.WaitGroup
	beside.Go(func() { t.standing(ctx, service, voice) })
	out, outEnd := logLines(&beside, voice, service, "stdout")
	errs, errsEnd := logLines(&beside, voice, service, "stderr")
	if err := t.compose.Logs(ctx, service, out, errs); err != nil {
		warn("its log can't be read: " + err.Error())
	}
	outEnd()
	errsEnd()
	beside.Wait()
}

// standing reports how a service that docker compose runs stands, until ctx ends.
func (t *team) standing(ctx context.Context, service string, voice desk.Voice) {
	var last event.Companion
	_ = t.until(ctx, func() bool {
		if s, err := t.compose.State(ctx, service); err == nil {
			if now := companionOf(s); now != last {
				last = now
				voice.Emit(0, now)
			}
		}
		return false
	})
}

func companionOf(s dockercompose.State) event.Companion {
	switch {
	case s.Exited:
		return event.Companion{State: event.CompanionExited, ExitCode: s.Code}
	case !s.Running:
		return event.Companion{State: event.CompanionStarting}
	case s.Healthy:
		return event.Companion{State: event.CompanionHealthy}
	case s.Sick:
		return event.Companion{State: event.CompanionUnhealthy}
	}
	return event.Companion{State: event.CompanionRunning}
}

// logLines returns a writer whose lines are those of a service's log, and what ends it.
func logLines(wg *sync.WaitGroup, voice desk.Voice, service, stream string) (io.Writer, func()) {
	read, write := io.Pipe()
	wg.Add(1)
	go func() {
		defer wg.Done()
		lines := bufio.NewScanner(read)
		lines.Buffer(nil, 1<<20)
		for lines.Scan() {
			voice.Emit(0, event.Log{Container: service, Stream: stream, Text: lines.Text()})
		}
		_, _ = io.Copy(io.Discard, read)
	}()
	return write, func() { _ = write.Close() }
}
