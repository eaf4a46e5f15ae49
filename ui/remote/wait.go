package remote

import (
	"context"
	"strconv"
	"time"

	"github.com/stagewatch/stagewatch/engine/event"
)

const (
	// defaultWait is how long a wait takes at most where the request does not say.
	defaultWait = time.Minute
	// statusWithin is how long a status waits for the comparison of the contexts with the disk.
	statusWithin = 10 * time.Second
	// startingFor is how long the answer to how things stand may take, which has nothing to wait for: a session that does
	// not take requests yet leaves them unread.
	startingFor = 4 * time.Second
)

// wait answers DoWait.
func (s *Server) wait(ctx context.Context, q *queue, r Request) {
	within := time.Duration(r.TimeoutMS) * time.Millisecond
	if within == 0 {
		within = defaultWait
	}
	a, ok := s.ask(ctx, event.Await{Path: r.For, All: r.All, Checks: r.Checks}, within)
	if !ok {
		return
	}
	for _, e := range a.printed {
		putEvent(q, e)
	}
	putEvent(q, a.Event)
}

// ask asks the engine, and has it answer as things stand once the time is over. It returns false where the session has ended.
func (s *Server) ask(ctx context.Context, a event.Await, within time.Duration) (answer, bool) {
	got := make(chan answer, 1)
	s.mu.Lock()
	s.asked++
	a.ID = strconv.Itoa(s.asked)
	s.waits[a.ID] = got
	s.mu.Unlock()
	defer func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		delete(s.waits, a.ID)
	}()
	now := event.Await{ID: a.ID, Now: true}
	inTime, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	if !s.send(inTime, a) {
		return s.starting(a), ctx.Err() == nil
	}
	select {
	case answer := <-got:
		return answer, true
	case <-inTime.Done():
	}
	if !s.send(ctx, now) {
		return answer{}, false
	}
	select {
	case answer := <-got:
		return answer, true
	case <-ctx.Done():
		return answer{}, false
	case <-time.After(startingFor):
		return s.starting(a), true
	}
}

// starting is the answer while no engine takes requests yet.
func (s *Server) starting(a event.Await) answer {
	s.mu.Lock()
	defer s.mu.Unlock()
	body := event.Answer{ID: a.ID, Result: event.AnswerPending, Message: "the session is still starting"}
	return s.asThingsStand(event.Event{Time: time.Now(), Service: s.about.Service, Body: body}, body)
}
