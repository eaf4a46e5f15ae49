// Package remote lets other programs ask a running session: what serves, whether a save is served, what happened and what
// the app logs. It is a face like the others: a [Server] gets the events of the session and sends back intents.
//
// A connection carries lines of JSON both ways. The client sends requests, see [Request]; the server answers in lines of
// the session's stream, and with [Status], [Done] and [Refused]. A client that does not read is cut off, and never waited
// for; one that goes away takes nothing with it.
//
// The package knows no network: connections are given to it. It keeps no more of the past than a new dashboard shows.
package remote

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/stagewatch/stagewatch/engine/event"
)

// Version is the `v` of requests.
const Version = 1

// Do is what a request asks for.
type Do string

// What can be asked for. All but DoWait, DoStatus and DoEvents are answered with [Done] as soon as the session has got
// them.
const (
	// DoWait is answered with one [event.Answer], after what the failed step printed last, or the app.
	DoWait Do = "wait"
	// DoStatus is answered with one [Status].
	DoStatus Do = "status"
	// DoEvents is answered with what is kept of the session's events and [Done], and with Follow with all that come then.
	DoEvents  Do = "events"
	DoTrigger Do = "trigger"
	DoRestart Do = "restart"
	DoStop    Do = "stop"
	DoWatch   Do = "watch"
	DoInspect Do = "inspect"
)

// Request is what a client asks for.
type Request struct {
	V  int `json:"v"`
	Do Do  `json:"do"`
	// For is the absolute path that DoWait asks about, empty for the newest save; All asks about those to come as well.
	For string `json:"for,omitempty"`
	All bool   `json:"all,omitempty"`
	// Checks is for DoWait, and waits for the checks of what serves too.
	Checks bool `json:"checks,omitempty"`
	// TimeoutMS is how long DoWait waits at most, in milliseconds.
	TimeoutMS int64 `json:"timeout_ms,omitempty"`
	// Follow goes on with the events that come, after those that are kept. SinceBuild leaves out those of builds before.
	Follow     bool `json:"follow,omitempty"`
	SinceBuild int  `json:"since_build,omitempty"`
	// NoCache is for DoTrigger, On for DoWatch.
	NoCache bool `json:"no_cache,omitempty"`
	On      bool `json:"on,omitempty"`
}

// Done says that the session has got a request.
type Done struct {
	Do Do `json:"do"`
}

// Refused says why a request is not answered.
type Refused struct {
	Message string `json:"message"`
	Hint    string `json:"hint,omitempty"`
}

func (Done) Kind() string    { return "done" }
func (Refused) Kind() string { return "refused" }

// Error makes it the error that a client gets.
func (r Refused) Error() string { return r.Message }

// Client asks one session.
type Client struct {
	conn io.ReadWriteCloser
	in   *bufio.Reader
}

// NewClient returns a client on a connection to the session.
func NewClient(conn io.ReadWriteCloser) *Client { return &Client{conn, bufio.NewReader(conn)} }

// Close ends the connection.
func (c *Client) Close() error { return c.conn.Close() }

// Send sends a request.
func (c *Client) Send(r Request) error {
	r.V = Version
	line, err := json.Marshal(r)
	if err == nil {
		_, err = c.conn.Write(append(line, '\n'))
	}
	return err
}

// ErrEnded is that the session has ended.
var ErrEnded = errors.New("the session has ended")

// Next returns the next line and its type. At the end of the session it returns [ErrEnded], for a request that was refused
// a [Refused].
func (c *Client) Next() (kind string, line []byte, err error) {
	line, err = c.in.ReadBytes('\n')
	if err != nil {
		return "", nil, ErrEnded
	}
	var head struct{ Type string }
	if err := json.Unmarshal(line, &head); err != nil {
		return "", nil, fmt.Errorf("reading an answer: %w", err)
	}
	if head.Type == (Refused{}).Kind() {
		var r Refused
		if err := json.Unmarshal(line, &r); err != nil {
			return "", nil, fmt.Errorf("reading an answer: %w", err)
		}
		return head.Type, line, r
	}
	return head.Type, line, nil
}

// Events calls fn with each event of the answer up to its [Done]. Lines of types that this version does not know are
// passed over.
func (c *Client) Events(fn func(event.Event) error) error {
	for {
		kind, line, err := c.Next()
		if err != nil {
			return err
		}
		if kind == (Done{}).Kind() {
			return nil
		}
		e, err := event.Decode(line)
		var newer *event.NewerError
		if errors.As(err, &newer) {
			continue
		}
		if err == nil {
			err = fn(e)
		}
		if err != nil {
			return err
		}
	}
}
