package run

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/containerd/errdefs"
	"github.com/docker/docker/api/types/container"

	"github.com/stagewatch/stagewatch/engine/event"
	"github.com/stagewatch/stagewatch/engine/fault"
)

// refusals is how often in a row the engine has to answer with an error before the log counts as one that can't be read.
const refusals = 3

// follow delivers the container's output until it ends, even if the engine restarts meanwhile.
func (c *Container) follow(ctx context.Context) {
	defer close(c.logged)
	reader := c.newLogReader()
	defer reader.flush()
	refused := 0
	for delay := retryFirst; ctx.Err() == nil; delay = min(2*delay, retryMost) {
		err := c.readLog(ctx, reader, true)
		if errdefs.IsNotFound(err) {
			return
		}
		if errdefs.IsNotImplemented(err) {
			// The log driver keeps nothing that can be read, and never will.
			c.noLog(nil)
			return
		}
		seen, inspectErr := c.runner.engine.Client.ContainerInspect(ctx, c.ID)
		if errdefs.IsNotFound(inspectErr) {
			return
		}
		ended := inspectErr == nil && !seen.State.Running
		if ended {
			// The stream may have broken off before the container ended; the rest can still be read.
			if err = c.readLog(ctx, reader, false); err == nil {
				return
			}
		}
		if !reportsFailure(err) {
			refused = 0
		} else if refused++; refused == refusals {
			c.noLog(err)
		}
		if ended && refused >= refusals {
			return
		}
		if err == nil && inspectErr == nil {
			delay = retryFirst
		}
		pause(ctx, delay)
	}
}

// reportsFailure reports whether err is the engine's own word that it can't read the log, not a connection that broke.
func reportsFailure(err error) bool {
	var report *engineError
	return errdefs.IsInternal(err) || errors.As(err, &report)
}

// noLog reports that the log can't be read, with the engine's reason if it has one.
func (c *Container) noLog(reason error) {
	if c.spec.NoLog != nil {
		c.spec.NoLog(Unreadable(c.logDriver, reason))
	}
}

// Unreadable returns the error that the output of containers with a log driver can't be read, with what to do about it. Reason
// is what the engine says beyond that, nil for nothing.
func Unreadable(driver string, reason error) error {
	why := &fault.Error{What: fmt.Sprintf("the engine's log driver %q keeps nothing that can be read back", driver),
		Hint: `Set "log-driver" to "json-file" or "local" in the engine's daemon.json, and restart the engine.`}
	switch {
	case reason != nil:
		why.What, why.Err = fmt.Sprintf("the engine can't read what its log driver %q keeps", driver), startError{strings.TrimPrefix(reason.Error(), "Error response from daemon: "), reason}
	case driver == "none":
		why.What = `the engine's log driver is "none", which keeps no logs`
	default:
		// Since 20.10 the engine keeps a copy to read beside drivers that send logs elsewhere.
		why.Hint = `Take "cache-disabled" out of "log-opts" in the engine's daemon.json, or set "log-driver" to "json-file" or "local", and restart the engine.`
	}
	return why
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
	out := &r.out
	if stream == stderr {
		out = &r.err
	}
	out.write(piece)
	if first && len(piece) < fullMessage {
		// Nothing of the line is left to come. The "local" driver of 20.10, which also keeps the copy of what other drivers
		// send elsewhere, leaves out the end of a line that came in several messages.
		out.flush()
	}
}

// fullMessage is the length from which a message may be a part of a line: the engine splits longer ones.
const fullMessage = 16 << 10

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
