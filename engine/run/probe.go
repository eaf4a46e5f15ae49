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

// Times of probing.
const (
	// probeEvery is the time between two attempts to connect.
	probeEvery = 5 * time.Millisecond
	// askEvery is the same after an answer that does not count.
	askEvery = 100 * time.Millisecond
	// connectWithin bounds one attempt. An address on the bridge refuses at once.
	connectWithin = time.Second
	// answerWithin is how long a server that accepted a connection may take for its first answer. One that takes longer
	// does not speak HTTP or is busy; either way it is up.
	answerWithin = 3 * time.Second
	// holdWithin is how long a silent connection must stay open to count as accepted. A port that the engine publishes
	// accepts connections for an app that does not listen yet, and closes them at once.
	holdWithin = 250 * time.Millisecond
)

// dialer opens connections to the app.
type dialer func(context.Context) (net.Conn, error)

// awaitAnswer returns nil once the app accepts a connection and gives an answer that counts, with the answer's status
// and whether it is HTTP at all. The error is the last failure before ctx ended; note is called with each failure.
func awaitAnswer(ctx context.Context, dial dialer, r Readiness, note func(error)) (status int, http bool, err error) {
	last := errors.New("no attempt has finished yet")
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
			// The app is up, and should not be kept from its work.
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

// wants returns an error if an answer with the status does not count, or does not count yet; lasted is for how long
// the app has given it. As in Kubernetes' probes, a path that was named must answer with 2xx or 3xx.
func (r Readiness) wants(status int, lasted time.Duration) error {
	switch {
	case r.Path != "" && status == 0:
		return fmt.Errorf("the answer is not HTTP, so GET %s can't say whether the app is ready", r.Path)
	case r.Path != "" && (status < 200 || status >= 400):
		return fmt.Errorf("GET %s answers %d", r.Path, status)
	case r.Path == "" && status >= 500 && lasted < r.Patience:
		return fmt.Errorf("GET / answers %d", status)
	}
	return nil
}

// probe sends one GET. Any answer counts, whatever its status, and so does silence. If the connection is closed without
// an answer, the app may hang up on HTTP, or it may not listen yet behind a published port: a connection that says nothing
// tells.
func probe(ctx context.Context, dial dialer, path string) (status int, http bool, err error) {
	status, http, err = get(ctx, dial, path)
	var down dialError
	if err == nil || errors.As(err, &down) {
		return status, http, err
	}
	silent, err := connect(ctx, dial)
	if err != nil {
		return 0, false, err
	}
	defer silent.Close()
	closed := make(chan error, 1)
	go func() {
		_, err := silent.Read(make([]byte, 1))
		closed <- err
	}()
	select {
	case err = <-closed:
		return 0, false, hungUp(err)
	case <-ctx.Done():
		return 0, false, ctx.Err()
	case <-time.After(holdWithin):
	}
	// The app may have begun to listen between the two. If it hangs up again, on this one alone, it is up.
	if status, http, err = get(ctx, dial, path); err == nil {
		return status, http, nil
	}
	select {
	case err = <-closed:
		return 0, false, hungUp(err)
	default:
		return 0, false, nil
	}
}

// hungUp is the error for a connection that was closed before anything was said; err is nil where the server spoke first.
func hungUp(err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("the app accepts connections and closes them without an answer: %w", err)
}

// get sends one GET, and returns as [answer] does. A connection that stays open without an answer is no error. Some
// connections have no deadlines, so it is closed to end the talk.
func get(ctx context.Context, dial dialer, path string) (status int, http bool, err error) {
	conn, err := connect(ctx, dial)
	if err != nil {
		return 0, false, dialError{err}
	}
	defer conn.Close()
	talking, cancel := context.WithTimeout(ctx, answerWithin)
	defer cancel()
	defer context.AfterFunc(talking, func() { conn.Close() })()
	_, err = fmt.Fprintf(conn, "GET %s HTTP/1.1\r\nHost: localhost\r\nUser-Agent: stagewatch (is it ready?)\r\nAccept: */*\r\nConnection: close\r\n\r\n", path)
	if err == nil {
		status, http, err = answer(conn)
	}
	if err != nil && ctx.Err() == nil && talking.Err() != nil {
		err = nil
	}
	return status, http, err
}

// dialError marks an error of dialling.
type dialError struct{ error }

func (e dialError) Unwrap() error { return e.error }

// answer waits for the first byte, and returns whether it is HTTP, and the status. It reads the rest of a short answer,
// because some servers log an error when the client leaves before.
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
