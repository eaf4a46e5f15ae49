package remote

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/stagewatch/stagewatch/engine/event"
	"github.com/stagewatch/stagewatch/ui/story"
)

// About is what a session says of itself.
type About struct {
	ID string `json:"session"`
	// Context is the context's folder, Dockerfile the Dockerfile's path where one was named.
	Context    string `json:"context"`
	Dockerfile string `json:"dockerfile,omitempty"`
	// Service is the compose service that it builds, empty for none. It is no part of the JSON, where lines have it.
	Service string `json:"-"`
}

// Server answers the clients of one session. Make one with [NewServer].
type Server struct {
	about About
	send  Sender
	// ended ends with the session.
	ended context.Context
	end   context.CancelFunc

	mu      sync.Mutex
	story   *story.Story
	history history
	// clients are all connections, followers those that get each event, from a build on, and waits who waits for an answer,
	// by its ID.
	clients   map[*queue]bool
	followers map[*queue]int
	waits     map[string]chan<- answer
	asked     int
}

// answer is an answer of the engine, with what was printed last where something failed.
type answer struct {
	event.Event
	printed []event.Event
	status  Status
}

// Sender passes an intent on to the engine. It returns false where ctx ended first.
type Sender func(ctx context.Context, i event.Intent) bool

// NewServer returns a server of a session that passes on what clients ask for.
func NewServer(about About, send Sender) *Server {
	ended, end := context.WithCancel(context.Background())
	return &Server{about: about, send: send, ended: ended, end: end, story: story.New(1), clients: map[*queue]bool{}, followers: map[*queue]int{}, waits: map[string]chan<- answer{}}
}

// Take takes in an event of the session, and tells the clients of it. It never waits for a client.
func (s *Server) Take(e event.Event) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if a, ok := e.Body.(event.Answer); ok {
		s.answered(e, a)
		return
	}
	if _, log := e.Body.(event.Log); !log {
		s.story.Apply(e)
	}
	s.history.add(e)
	if len(s.followers) == 0 {
		return
	}
	line, err := event.Encode(e)
	if err != nil {
		return
	}
	for q, since := range s.followers {
		if wanted(e, since) {
			q.put(line)
		}
	}
}

// answered hands an answer to who waits for it, with how things stand at that moment.
func (s *Server) answered(e event.Event, a event.Answer) {
	wait := s.waits[a.ID]
	if wait == nil {
		return
	}
	delete(s.waits, a.ID)
	got := s.asThingsStand(e, a)
	switch check := s.story.Check(a.Check); {
	case check != nil:
		check.State, check.MS = check.Result, check.ResultMS
		got.printed = []event.Event{{Time: e.Time, Build: check.ResultBuild, Body: check.Check}}
	case a.Failed != nil:
		got.printed = s.history.printed(e.Build, event.StepID{Stage: a.Failed.Stage, Index: a.Failed.Index}, mostPrinted)
	case a.Result == event.AnswerFailed && e.Build > 0:
		got.printed = s.history.printed(e.Build, event.StepID{}, mostPrinted)
	}
	wait <- got
}

// asThingsStand returns an answer of the engine with the status at that moment.
func (s *Server) asThingsStand(e event.Event, a event.Answer) answer {
	return answer{Event: e, status: statusOf(s.about, s.story, a)}
}

// mostPrinted is how many lines of a failed step, or of an app that does not serve, go with an answer.
const mostPrinted = 20

// endWithin is how long clients have to read the rest at the end of the session.
const endWithin = time.Second

// Close ends the session for all clients.
func (s *Server) Close() {
	s.end()
	s.mu.Lock()
	clients := s.clients
	s.clients, s.followers = nil, map[*queue]int{}
	s.mu.Unlock()
	late := time.After(endWithin)
	for q := range clients {
		q.end()
	}
	for q := range clients {
		select {
		case <-q.written:
		case <-late:
			q.conn.Close()
			return
		}
	}
}

// Serve answers one client until it has its answers and no more requests, or the session ends. It closes the connection.
func (s *Server) Serve(conn io.ReadWriteCloser) {
	q := newQueue(conn)
	s.mu.Lock()
	over := s.clients == nil
	if !over {
		s.clients[q] = true
	}
	s.mu.Unlock()
	if over {
		q.end()
		return
	}
	var asking sync.WaitGroup
	in := bufio.NewScanner(conn)
	in.Buffer(nil, maxRequest)
	for in.Scan() {
		var r Request
		if err := json.Unmarshal(in.Bytes(), &r); err != nil {
			s.put(q, Refused{Message: "reading the request: it is no JSON object", Hint: `Send lines such as {"v":1,"do":"status"}.`})
			break
		}
		asking.Go(func() { s.serve(q, r) })
		if r.Do != DoWait && r.Do != DoStatus {
			asking.Wait() // in their order
		}
	}
	// A client that has no more requests may still read the answers. Whether it does, only writing to it tells.
	asking.Wait()
	s.mu.Lock()
	_, following := s.followers[q]
	s.mu.Unlock()
	if !following {
		q.end()
	}
	<-q.written
	s.mu.Lock()
	delete(s.clients, q)
	delete(s.followers, q)
	s.mu.Unlock()
}

// maxRequest bounds the length of a request, in bytes.
const maxRequest = 64 << 10

// serve answers one request.
func (s *Server) serve(q *queue, r Request) {
	ctx := s.ended
	var intent event.Intent
	switch {
	case r.V > Version:
		s.put(q, Refused{Message: fmt.Sprintf("the request is of version %d of the protocol, and this session knows %d", r.V, Version), Hint: "Start the session again with the newer stagewatch."})
		return
	case r.Do == DoWait:
		s.wait(ctx, q, r)
		return
	case r.Do == DoStatus:
		if a, ok := s.ask(ctx, event.Await{Now: true}, statusWithin); ok {
			putEvent(q, event.Event{Time: a.Event.Time, Service: s.about.Service, Build: a.status.Build, Body: a.status})
		}
		return
	case r.Do == DoEvents:
		s.events(q, r)
		return
	case r.Do == DoTrigger:
		intent = event.Rebuild{NoCache: r.NoCache}
	case r.Do == DoRestart:
		intent = event.Restart{}
	case r.Do == DoStop:
		intent = event.Stop{}
	case r.Do == DoWatch:
		intent = event.Watch{On: r.On}
	case r.Do == DoInspect:
		intent = event.Inspect{}
	default:
		s.put(q, Refused{Message: fmt.Sprintf("this session does not know the request %q", r.Do), Hint: "Start the session again with the newer stagewatch."})
		return
	}
	if s.send(ctx, intent) {
		s.put(q, Done{r.Do})
	}
}

// put sends one line to a client.
func (s *Server) put(q *queue, body event.Body) {
	putEvent(q, event.Event{Time: time.Now(), Service: s.about.Service, Body: body})
}

func putEvent(q *queue, e event.Event) {
	if line, err := event.Encode(e); err == nil {
		q.put(line)
	}
}

// events sends what is kept of the events, and has those that come follow.
func (s *Server) events(q *queue, r Request) {
	s.mu.Lock()
	kept := s.history.since(r.SinceBuild)
	// What comes is queued behind what is kept: nothing is sent before both are known.
	q.hold()
	if r.Follow && s.clients[q] {
		s.followers[q] = r.SinceBuild
	}
	s.mu.Unlock()
	var lines [][]byte
	for _, e := range kept {
		if line, err := event.Encode(e); err == nil {
			lines = append(lines, line)
		}
	}
	if line, err := event.Encode(event.Event{Time: time.Now(), Body: Done{r.Do}}); err == nil {
		lines = append(lines, line)
	}
	q.release(lines)
}
