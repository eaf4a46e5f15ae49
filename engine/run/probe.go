package run

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"time"
)

// Times of the probing.
const (
	// probeEvery is the time between two attempts to connect.
	probeEvery = 5 * time.Millisecond
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

// awaitAnswer returns nil once the app accepts a connection and answers, and whether it answers in HTTP. The
// error is the last failure before the context's end.
func awaitAnswer(ctx context.Context, dial dialer) (http bool, err error) {
	last := errors.New("nothing was tried yet")
	for ctx.Err() == nil {
		http, err := probe(ctx, dial)
		if err == nil {
			return http, nil
		}
		if ctx.Err() == nil {
			last = err
		}
		pause(ctx, probeEvery)
	}
	return false, last
}

// probe asks once: any answer to a GET counts, whatever its status, and so does silence. A connection that is
// closed without a word is looked at again, for a server that hangs up on HTTP.
func probe(ctx context.Context, dial dialer) (http bool, err error) {
	answered, err := converse(ctx, dial, answerWithin, func(conn net.Conn) error {
		_, err := io.WriteString(conn, "GET / HTTP/1.1\r\nHost: localhost\r\nUser-Agent: stagewatch (is it ready?)\r\nAccept: */*\r\nConnection: close\r\n\r\n")
		if err == nil {
			http, err = answer(conn)
		}
		return err
	})
	if answered || err == nil {
		return http, nil
	}
	var down dialError
	if errors.As(err, &down) {
		return false, err
	}
	held, err := converse(ctx, dial, holdWithin, func(conn net.Conn) error {
		_, err := conn.Read(make([]byte, 1))
		return err
	})
	if held || err == nil {
		return false, nil
	}
	return false, fmt.Errorf("it accepts connections and closes them without a word: %w", err)
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

// answer waits for the first byte and tells whether HTTP follows. The rest of a short answer is read as well:
// some servers log an error when the client leaves before.
func answer(conn net.Conn) (http bool, err error) {
	const protocol = "HTTP/1."
	in := bufio.NewReader(conn)
	if _, err := in.Peek(1); err != nil {
		return false, err
	}
	defer time.AfterFunc(50*time.Millisecond, func() { conn.Close() }).Stop()
	begin, _ := in.Peek(len(protocol))
	http = string(begin) == protocol
	_, _ = io.CopyN(io.Discard, in, 64<<10)
	return http, nil
}

func connect(ctx context.Context, dial dialer) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, connectWithin)
	defer cancel()
	return dial(ctx)
}
