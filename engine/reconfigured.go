package engine

import (
	"context"
	"fmt"
	"os"
	"slices"
	"time"

	"github.com/stagewatch/stagewatch/engine/compose"
	"github.com/stagewatch/stagewatch/engine/desk"
	"github.com/stagewatch/stagewatch/engine/event"
)

// lookEvery is how often the files of a project are looked at. They are few, and their folders may hold much that is none of
// theirs: a look costs less than a watch. What two looks in a row find the same is read.
const lookEvery = 300 * time.Millisecond

// reconfigured reads the project anew whenever its files change, until ctx ends, and has those services run anew whose settings are
// others then.
func (p Services) reconfigured(ctx context.Context, t *team, voice func(service string) desk.Voice, to map[string]chan event.Intent) {
	read := stamp(p.Sources)
	last := read
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
		now := stamp(p.Sources)
		settled := now == last
		last = now
		if now == read || !settled {
			continue
		}
		read = now
		edits, err := p.Edits(ctx)
		if err != nil {
			voice("").Emit(0, event.Warning{Code: event.CodeCompose, Message: "the project can't be read, and goes on as it was: " + err.Error()})
			continue
		}
		for _, e := range edits {
			p.apply(ctx, e, t, voice, to)
		}
	}
}

// apply tells what an edit means for a service, and has it run anew where that is all that it takes.
func (p Services) apply(ctx context.Context, e compose.Edit, t *team, voice func(string) desk.Voice, to map[string]chan event.Intent) {
	intents, built := to[e.Service]
	companion := slices.Contains(p.Others, e.Service)
	said := event.Skipped{Paths: []string{p.File}, Reason: event.Settings, Message: e.What + "; it takes effect at the next start"}
	switch {
	case e.Now && (built || companion):
		said.Message = e.What + "; a new container starts"
	case !built && !companion && e.Service != "":
		said.Message = fmt.Sprintf("service %s %s", e.Service, said.Message)
		e.Service = ""
	}
	voice(e.Service).Emit(0, said)
	switch {
	case !e.Now:
	case built:
		t.compose.Anew(e.Service)
		select {
		case intents <- event.Restart{}:
		case <-ctx.Done():
		}
	case companion:
		if err := t.compose.Up(ctx, e.Service); err != nil && ctx.Err() == nil {
			voice(e.Service).Emit(0, event.Warning{Code: event.CodeCompanion, Message: "not started anew: " + err.Error()})
		}
	}
}

// stamp tells whether one of the files was written, came or went.
func stamp(files []string) string {
	var out []byte
	for _, file := range files {
		if info, err := os.Stat(file); err == nil {
			out = fmt.Appendf(out, "%d %d", info.ModTime().UnixNano(), info.Size())
		}
		out = append(out, '\n')
	}
	return string(out)
}
