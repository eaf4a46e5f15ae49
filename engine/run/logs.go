package run

import (
	"context"
	"fmt"

	"github.com/containerd/errdefs"
	"github.com/docker/docker/api/types/container"

	"github.com/stagewatch/stagewatch/engine/event"
)

// follow delivers the container's output until it ends, even if the engine restarts meanwhile.
func (c *Container) follow(ctx context.Context) {
	defer close(c.logged)
	reader := c.newLogReader()
	defer reader.flush()
	for delay := retryFirst; ctx.Err() == nil; delay = min(2*delay, retryMost) {
		err := c.readLog(ctx, reader, true)
		if errdefs.IsNotImplemented(err) {
			// The log driver keeps nothing that can be read, and never will.
			if c.spec.NoLog != nil {
				c.spec.NoLog(c.logDriver)
			}
			return
		}
		if errdefs.IsNotFound(err) {
			return
		}
		seen, inspectErr := c.runner.engine.Client.ContainerInspect(ctx, c.ID)
		if errdefs.IsNotFound(inspectErr) {
			return
		}
		if inspectErr == nil && !seen.State.Running {
			// The stream may have broken off before the container ended; the rest can still be read.
			if c.readLog(ctx, reader, false) == nil {
				return
			}
		}
		if err == nil && inspectErr == nil {
			delay = retryFirst
		}
		pause(ctx, delay)
	}
}

// Unreadable returns why the output of containers can't be read with a log driver, and what to do about it.
func Unreadable(driver string) (why, hint string) {
	why = fmt.Sprintf("the engine's log driver is %q, whose logs can't be read back", driver)
	if driver == "none" {
		why = `the engine's log driver is "none", which keeps no logs`
	}
	return why, `Set a log driver that can be read, "json-file" or "local", as "log-driver" in the engine's daemon.json.`
}

// readLog reads the log from where the reader stopped. It ends at the log's present end unless follow is set.
func (c *Container) readLog(ctx context.Context, reader *logReader, follow bool) error {
	stream, err := c.runner.engine.ContainerLogs(ctx, c.ID, container.LogsOptions{
		ShowStdout: true, ShowStderr: true, Timestamps: true, Follow: follow, Since: reader.since(),
	})
	if err != nil {
		return err
	}
	defer stream.Close()
	reader.resume()
	return demux(&paced{Reader: stream}, reader.frame)
}

// newLogReader returns a reader that delivers to the tail and to the Spec's Log.
func (c *Container) newLogReader() *logReader {
	emit := func(stream string) func(string) {
		return func(text string) {
			line := event.Log{Container: c.ID[:12], Stream: stream, Text: text}
			c.tail.add(line)
			if c.spec.Log != nil {
				c.spec.Log(line)
			}
		}
	}
	return &logReader{out: lines{emit: emit("stdout")}, err: lines{emit: emit("stderr")}}
}

// logReader converts messages with timestamps to lines. It delivers each message once, however often the log is read.
type logReader struct {
	out, err lines
	// last is the newest timestamp that was delivered, and seen how many messages had it. The engine's "since" includes
	// the messages of that moment, so skip of them must be skipped.
	last       string
	seen, skip int
	// skipping says that the present frame was delivered before.
	skipping bool
}

// stamp is the width of the engine's timestamps. They are in UTC, so they sort as text.
const stamp = len("2006-01-02T15:04:05.000000000Z")

func (r *logReader) since() string { return r.last }

// resume prepares for a stream that begins at the last timestamp.
func (r *logReader) resume() { r.skip = r.seen }

// frame handles a piece of a frame as demux emits it.
func (r *logReader) frame(stream byte, first bool, piece []byte) {
	if first {
		piece, r.skipping = r.begin(piece)
	}
	if r.skipping {
		return
	}
	switch stream {
	case stderr:
		r.err.write(piece)
	default:
		r.out.write(piece)
	}
}

// begin cuts the timestamp off a message, and reports whether the message was delivered before.
func (r *logReader) begin(message []byte) (text []byte, delivered bool) {
	if len(message) <= stamp || message[stamp] != ' ' || message[stamp-1] != 'Z' {
		return message, false
	}
	at, text := message[:stamp], message[stamp+1:]
	switch {
	case string(at) < r.last:
		// The clock was set back: the engine would not send a message older than "since".
		return text, false
	case string(at) > r.last:
		r.last, r.seen, r.skip = string(at), 1, 0
		return text, false
	case r.skip > 0:
		r.skip--
		return text, true
	}
	r.seen++
	return text, false
}

// flush delivers a last line that has no line end.
func (r *logReader) flush() {
	r.out.flush()
	r.err.flush()
}
