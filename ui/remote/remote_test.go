package remote

import (
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stagewatch/stagewatch/engine/event"
)

// session is a server with an engine that answers as the test says.
type session struct {
	t       *testing.T
	server  *Server
	intents chan event.Intent
}

func newSession(t *testing.T) *session {
	s := &session{t: t, intents: make(chan event.Intent, 16)}
	s.server = NewServer(About{ID: "1-x", Context: "/app"}, func(ctx context.Context, i event.Intent) bool {
		select {
		case s.intents <- i:
			return true
		case <-ctx.Done():
			return false
		}
	})
	return s
}

// happen has events happen, of a build.
func (s *session) happen(build int, bodies ...event.Body) {
	for _, b := range bodies {
		s.server.Take(event.Event{Time: time.Now(), Build: build, Body: b})
	}
}

// client connects to the session.
func (s *session) client() *Client {
	near, far := net.Pipe()
	go s.server.Serve(far)
	return NewClient(near)
}

// asked returns the next intent.
func asked[I event.Intent](s *session) I {
	s.t.Helper()
	i, ok := (<-s.intents).(I)
	if !ok {
		s.t.Fatalf("the engine got %T", i)
	}
	return i
}

func (s *session) send(c *Client, r Request) {
	s.t.Helper()
	if err := c.Send(r); err != nil {
		s.t.Fatal(err)
	}
}

// next returns the next event of an answer.
func next(t *testing.T, c *Client) event.Event {
	t.Helper()
	_, line, err := c.Next()
	if err != nil {
		t.Fatal(err)
	}
	e, err := event.Decode(line)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// TestAFailedWaitHasWhatTheStepSaid: the last lines of the failed step of that build, and of no other, come before the
// answer.
func TestAFailedWaitHasWhatTheStepSaid(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSession(t)
		defer s.server.Close()
		c := s.client()
		defer c.Close()
		s.send(c, Request{Do: DoWait, For: "/app/a"})
		a := asked[event.Await](s)
		if a.Path != "/app/a" || a.All || a.Now {
			t.Errorf("the engine got %+v", a)
		}
		s.happen(1, event.Output{Stage: "build", Index: 2, Text: "of an older build"})
		failing := event.Step{Stage: "build", Index: 2, Total: 4, State: event.Running}
		s.happen(2, failing)
		for n := range 30 {
			s.happen(2, event.Output{Stage: "build", Index: 2, Text: fmt.Sprint(n)}, event.Output{Stage: "build", Index: 3, Text: "of another step"})
		}
		s.happen(2, event.Answer{ID: a.ID, Result: event.AnswerFailed, Failed: &event.Failed{Stage: "build", Index: 2}})
		if e := next(t, c); e.Body.Kind() != "step" || e.Build != 2 {
			t.Errorf("got %+v", e)
		}
		for n := 30 - mostPrinted; n < 30; n++ {
			if o, ok := next(t, c).Body.(event.Output); !ok || o.Text != fmt.Sprint(n) {
				t.Errorf("got %+v, not line %d", o, n)
			}
		}
		if e := next(t, c); e.Build != 2 || e.Body.(event.Answer).Failed == nil {
			t.Errorf("got %+v", e)
		}
	})
}

// TestAWaitForARedCheckHasWhatItSaid, also where the newest edit does not affect it. The status names it.
func TestAWaitForARedCheckHasWhatItSaid(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSession(t)
		defer s.server.Close()
		c := s.client()
		defer c.Close()
		red := event.Check{Stage: "test", State: event.CheckFailed, MS: 40, Result: event.CheckFailed, ResultBuild: 2, RedSince: 2, Because: "a changed", Failed: &event.Failed{Message: "exit code: 1"}, Output: []event.OutputLine{{Stream: "stdout", Text: "1 failed"}}}
		s.happen(2, red)
		red.State, red.MS, red.Output = event.CheckUnaffected, 0, nil
		s.happen(3, red)
		s.send(c, Request{Do: DoWait, Checks: true})
		a := asked[event.Await](s)
		if !a.Checks {
			t.Errorf("the engine got %+v", a)
		}
		s.happen(3, event.Answer{ID: a.ID, Result: event.AnswerFailed, Check: "test", Failed: red.Failed})
		if got, ok := next(t, c).Body.(event.Check); !ok || got.State != event.CheckFailed || got.MS != 40 || len(got.Output) != 1 {
			t.Errorf("got %+v", got)
		}
		if got, ok := next(t, c).Body.(event.Answer); !ok || got.Check != "test" {
			t.Errorf("got %+v", got)
		}
		s.send(c, Request{Do: DoStatus})
		s.happen(0, event.Answer{ID: asked[event.Await](s).ID, Result: event.AnswerServed})
		_, line, err := c.Next()
		if err != nil {
			t.Fatal(err)
		}
		status, err := DecodeStatus(line)
		if err != nil || len(status.Checks) != 1 || !slices.Contains(status.Lines(), "check test failed since build #2: a changed") {
			t.Errorf("%+v %v", status, err)
		}
	})
}

// TestAWaitEndsInTime: the engine is asked how things stand, and its answer is that of the wait.
func TestAWaitEndsInTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSession(t)
		defer s.server.Close()
		c := s.client()
		defer c.Close()
		s.send(c, Request{Do: DoWait, TimeoutMS: 3000})
		first := asked[event.Await](s)
		began := time.Now()
		now := asked[event.Await](s)
		if took := time.Since(began); took != 3*time.Second || now.ID != first.ID || !now.Now {
			t.Errorf("after %s the engine got %+v", took, now)
		}
		s.happen(0, event.Answer{ID: now.ID, Result: event.AnswerPending, Message: "under way"})
		if e := next(t, c); e.Body.(event.Answer).Message != "under way" {
			t.Errorf("got %+v", e)
		}
	})
}

// TestWhoGoesAwayTakesNothingWithIt: the engine is asked no longer than the client wanted to wait, and others get their
// answers.
func TestWhoGoesAwayTakesNothingWithIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSession(t)
		defer s.server.Close()
		c := s.client()
		s.send(c, Request{Do: DoWait, TimeoutMS: 1000})
		a := asked[event.Await](s)
		c.Close()
		if now := asked[event.Await](s); now.ID != a.ID || !now.Now {
			t.Errorf("the engine got %+v", now)
		}
		s.happen(0, event.Answer{ID: a.ID, Result: event.AnswerPending})
		synctest.Wait()
		if n := len(s.server.clients) + len(s.server.waits); n != 0 {
			t.Errorf("%d clients and waits are left", n)
		}
	})
}

// halfClosed is a connection on which the other end has said all that it has to say.
type halfClosed struct {
	net.Conn
	requests *strings.Reader
}

func (h halfClosed) Read(p []byte) (int, error) { return h.requests.Read(p) }

// TestTheAnswerComesAfterTheLastRequest: of a client that closes its side once it has asked, as echo … | nc -N does.
func TestTheAnswerComesAfterTheLastRequest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSession(t)
		near, far := net.Pipe()
		go s.server.Serve(halfClosed{far, strings.NewReader(`{"v":1,"do":"wait"}`)})
		c := NewClient(near)
		a := asked[event.Await](s)
		s.happen(1, event.Answer{ID: a.ID, Result: event.AnswerServed})
		if e := next(t, c); e.Body.(event.Answer).Result != event.AnswerServed {
			t.Errorf("got %+v", e)
		}
		if _, _, err := c.Next(); !errors.Is(err, ErrEnded) {
			t.Errorf("the connection stays open: %v", err)
		}
		s.server.Close()
	})
}

// TestWhoDoesNotReadIsCutOff: the session goes on at its own pace.
func TestWhoDoesNotReadIsCutOff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSession(t)
		defer s.server.Close()
		c := s.client()
		defer c.Close()
		s.send(c, Request{Do: DoEvents, Follow: true})
		synctest.Wait()
		line := event.Log{Stream: "stdout", Text: strings.Repeat("x", 1<<20)}
		for range maxQueued>>20 + 2 {
			s.happen(1, line)
		}
		synctest.Wait()
		s.server.mu.Lock()
		defer s.server.mu.Unlock()
		if n := len(s.server.followers); n != 0 {
			t.Errorf("%d clients still follow", n)
		}
	})
}

// TestEachEventComesOnce: to who follows from the middle on, first what is kept, then what comes.
func TestEachEventComesOnce(t *testing.T) {
	const all, since = 2000, 3
	s := newSession(t)
	var following sync.WaitGroup
	for n := range all {
		if n%400 == 0 {
			c := s.client()
			s.send(c, Request{Do: DoEvents, Follow: true, SinceBuild: since})
			want := (since - 1) * 100
			read := func(e event.Event) error {
				if got := e.Body.(event.Log).Text; got != fmt.Sprint(want) {
					return fmt.Errorf("got %s, not %d", got, want)
				}
				want++
				return nil
			}
			if err := c.Events(read); err != nil || want != max(n, want) {
				t.Errorf("%v after %d of %d", err, want, n)
			}
			following.Go(func() {
				if err := c.Events(read); !errors.Is(err, ErrEnded) || want != all {
					t.Errorf("%v after %d", err, want)
				}
			})
		}
		s.happen(n/100+1, event.Log{Stream: "stdout", Text: fmt.Sprint(n)})
	}
	s.server.Close()
	following.Wait()
}

// TestTheStatusIsThatOfTheAnswer: what the events before it say, in the words of the stream.
func TestTheStatusIsThatOfTheAnswer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSession(t)
		defer s.server.Close()
		c := s.client()
		defer c.Close()
		s.happen(3, event.Planned{Target: "final", Because: "a changed", Stages: []event.PlannedStage{{Name: "final", Needed: true}}, Steps: []event.PlannedStep{{Stage: "final", Index: 2, Total: 4}}},
			event.Built{Image: "i", MS: 1200}, event.Serving{URL: "http://127.0.0.1:8080", Container: "c", Image: "i"})
		s.send(c, Request{Do: DoStatus})
		a := asked[event.Await](s)
		if !a.Now {
			t.Errorf("the engine got %+v", a)
		}
		s.happen(4, event.Planned{Target: "final", Because: "b changed", Steps: []event.PlannedStep{{Stage: "final", Index: 2, Total: 4}}}, event.Step{Stage: "final", Index: 2, State: event.Running})
		s.happen(0, event.Answer{ID: a.ID, Result: event.AnswerPending, ServingBuild: 3, EditsBehind: 1, Message: "build #4 is under way"})
		_, line, err := c.Next()
		if err != nil {
			t.Fatal(err)
		}
		status, err := DecodeStatus(line)
		if err != nil {
			t.Fatal(err)
		}
		want := []string{"build #3 serves http://127.0.0.1:8080, 1 edit behind: build #4 is under way", "build #4 is under way at final 2/4: b changed", "session 1-x of /app"}
		if !slices.Equal(status.Lines(), want) {
			t.Errorf("got\n%s", strings.Join(status.Lines(), "\n"))
		}
	})
}

// TestWhatIsNoRequestIsRefused, and the reason is the answer.
func TestWhatIsNoRequestIsRefused(t *testing.T) {
	s := newSession(t)
	defer s.server.Close()
	for line, want := range map[string]string{
		"hello\n":                     "no JSON object",
		`{"v":1,"do":"dance"}` + "\n": `does not know the request "dance"`,
		`{"v":2,"do":"wait"}` + "\n":  "version 2",
	} {
		near, far := net.Pipe()
		go s.server.Serve(far)
		go func() { _, _ = near.Write([]byte(line)) }()
		c := NewClient(near)
		_, _, err := c.Next()
		var refused Refused
		if !errors.As(err, &refused) || !strings.Contains(refused.Message, want) || refused.Hint == "" {
			t.Errorf("%s is answered with %+v", line, err)
		}
		c.Close()
	}
}

// TestTheEndIsTheEnd: who waits hears of it.
func TestTheEndIsTheEnd(t *testing.T) {
	s := newSession(t)
	c := s.client()
	s.send(c, Request{Do: DoWait})
	asked[event.Await](s)
	s.server.Close()
	if _, _, err := c.Next(); !errors.Is(err, ErrEnded) {
		t.Errorf("got %v", err)
	}
}

// TestTheHistoryHasTheNewestOutputOfACheck and not that of all its runs, which is much.
func TestTheHistoryHasTheNewestOutputOfACheck(t *testing.T) {
	var h history
	for n := range 3 {
		h.add(event.Event{Build: n, Body: event.Check{Stage: "test", Output: []event.OutputLine{{Text: fmt.Sprint(n)}}}})
		h.add(event.Event{Build: n, Body: event.Check{Stage: "lint", Output: []event.OutputLine{{Text: "of another"}}}})
		h.add(event.Event{Build: n, Body: event.Check{Stage: "test", State: event.CheckUnaffected}})
	}
	said := map[string]int{}
	for _, e := range h.events {
		for _, l := range e.Body.(event.Check).Output {
			said[l.Text]++
		}
	}
	if len(said) != 2 || said["2"] != 1 || said["of another"] != 1 {
		t.Errorf("%v", said)
	}
}

// TestTheHistoryIsBounded: in lines, in bytes and in events; what serves, and what else tells how things stand, stays.
func TestTheHistoryIsBounded(t *testing.T) {
	var h history
	h.add(event.Event{Body: event.Engine{Name: "e"}})
	h.add(event.Event{Build: 1, Body: event.Serving{URL: "u"}})
	for n := range 3 * maxEvents {
		h.add(event.Event{Build: n/10 + 2, Body: event.Step{Index: n}})
		h.add(event.Event{Build: n/10 + 2, Body: event.Log{Text: fmt.Sprint(n)}})
	}
	if n := len(h.events); n > maxEvents+maxLines {
		t.Errorf("%d events are kept", n)
	}
	if _, ok := h.events[0].Body.(event.Engine); !ok {
		t.Errorf("the first is %+v", h.events[0])
	}
	if _, ok := h.events[1].Body.(event.Serving); !ok {
		t.Errorf("the second is %+v", h.events[1])
	}
	if last := h.events[len(h.events)-1].Body.(event.Log); last.Text != fmt.Sprint(3*maxEvents-1) {
		t.Errorf("the last is %+v", last)
	}
	lines, text := 0, 0
	for _, e := range h.events {
		if line, ok := event.Line(e.Body); ok {
			lines, text = lines+1, text+len(line)
		}
	}
	if lines != h.lines || text != h.text {
		t.Errorf("%d lines of %d bytes are counted as %d of %d", lines, text, h.lines, h.text)
	}
	for range 3 {
		h.add(event.Event{Body: event.Log{Text: strings.Repeat("x", maxText/2)}})
	}
	if h.text > maxText {
		t.Errorf("%d bytes of lines are kept", h.text)
	}
}
