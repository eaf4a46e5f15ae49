package run

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
	"time"
)

// Times of the probing.
const (
	// probeEvery is the time between two attempts to connect.
	probeEvery = 5 * time.Millisecond
	// askEvery is the same once it answers, but not as it should.
	askEvery = 100 * time.Millisecond
	// connectWithin bounds one attempt; an address on the bridge refuses at once.
	connectWithin = time.Second
	// answerWithin is how long a server that accepted may think over its first answer. One that says nothing for
	// so long does not speak HTTP, or is busy with it: either way it is up.
	answerWithin = 3 * time.Second
	// holdWithin is how long a connection on which nobody speaks must stay open to count as accepted. A port
	// that the engine publishes accepts on behalf of an app that is not there yet, and closes at once.
	holdWithin = 250 * time.Millisecond
)

// dialer opens connections to the app.
type dialer func(context.Context) (net.Conn, error)

// awaitAnswer returns nil once the app accepts a connection and answers as it should, with the status of that answer
// and whether it is HTTP at all. The error is the last failure before the context's end; note is told of each.
func awaitAnswer(ctx context.Context, dial dialer, r Readiness, note func(error)) (status int, http bool, err error) {
	last := errors.New("nothing was tried yet")
	var troubled time.Time
	for ctx.Err() == nil {
		every := probeEvery
		status, http, err := probe(ctx, dial, cmp.Or(r.Path, "/"))
		if err == nil {
			if troubled.IsZero() {
				troubled = time.Now()
			}
			if err = r.wants(status, time.Since(troubled)); err == nil {
				return status, http, nil
			}
			// It is there, and has work to do.
			every = askEvery
		}
		if ctx.Err() == nil {
			last = err
			note(err)
		}
		pause(ctx, every)
	}
	return 0, false, last
}

// wants returns an error where an answer of the status does not count, or not yet, after the app has answered so for a
// while. As with Kubernetes' probes, a path that is asked for by name has to answer with 2xx or 3xx.
func (r Readiness) wants(status int, since time.Duration) error {
	switch {
	case r.Path != "" && status == 0:
		return fmt.Errorf("what answers is not HTTP, and GET %s is to tell whether it is ready", r.Path)
	case r.Path != "" && (status < 200 || status >= 400):
		return fmt.Errorf("GET %s is answered with %d", r.Path, status)
	case r.Path == "" && status >= 500 && since < r.Patience:
		return fmt.Errorf("GET / is answered with %d", status)
	}
	return nil
}

// probe asks once: any answer to a GET counts, whatever its status, and so does silence. A connection that is
// closed without a word is looked at again, for a server that hangs up on HTTP.
func probe(ctx context.Context, dial dialer, path string) (status int, http bool, err error) {
	answered, err := converse(ctx, dial, answerWithin, func(conn net.Conn) error {
		_, err := fmt.Fprintf(conn, "GET %s HTTP/1.1\r\nHost: localhost\r\nUser-Agent: stagewatch (is it ready?)\r\nAccept: */*\r\nConnection: close\r\n\r\n", path)
		if err == nil {
			status, http, err = answer(conn)
		}
		return err
	})
	if answered || err == nil {
		return status, http, nil
	}
	var down dialError
	if errors.As(err, &down) {
		return 0, false, err
	}
	held, err := converse(ctx, dial, holdWithin, func(conn net.Conn) error {
		_, err := conn.Read(make([]byte, 1))
		return err
	})
	if held || err == nil {
		return 0, false, nil
	}
	return 0, false, fmt.Errorf("it accepts connections and closes them without a word: %w", err)
}

// converse talks on a new connection. Open tells that the time was over before the talk was: the connection was
// there all the while. (Not every connection knows deadlines, so it is closed to end the talk.)
func converse(ctx context.Context, dial dialer, within time.Duration, talk func(net.Conn) error) (open bool, err error) {
	conn, err := connect(ctx, dial)
	if err != nil {
		return false, dialError{err}
	}
	defer conn.Close()
	talking, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	defer context.AfterFunc(talking, func() { conn.Close() })()
	err = talk(conn)
	return err != nil && ctx.Err() == nil && talking.Err() != nil, err
}

// dialError marks a connection that could not be had.
type dialError struct{ error }

func (e dialError) Unwrap() error { return e.error }

// answer waits for the first byte and tells whether HTTP follows, and with which status. The rest of a short answer is
// read as well: some servers log an error when the client leaves before.
func answer(conn net.Conn) (status int, http bool, err error) {
	const line = "HTTP/1.1 200"
	in := bufio.NewReader(conn)
	if _, err := in.Peek(1); err != nil {
		return 0, false, err
	}
	defer time.AfterFunc(50*time.Millisecond, func() { conn.Close() }).Stop()
	begin, _ := in.Peek(len(line))
	if http = bytes.HasPrefix(begin, []byte("HTTP/1.")); http && len(begin) == len(line) {
		status, _ = strconv.Atoi(string(begin[len(line)-3:]))
	}
	_, _ = io.CopyN(io.Discard, in, 64<<10)
	return status, http, nil
}

func connect(ctx context.Context, dial dialer) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, connectWithin)
	defer cancel()
	return dial(ctx)
}
