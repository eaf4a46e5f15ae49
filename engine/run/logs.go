package run

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/containerd/errdefs"
	"github.com/docker/docker/api/types/container"

	"github.com/stagewatch/stagewatch/engine/event"
)

// follow delivers the container's output until its end, over restarts of the engine.
func (c *Container) follow(ctx context.Context) {
	defer close(c.logged)
	reader := c.newLogReader()
	defer reader.flush()
	for delay := retryFirst; ctx.Err() == nil; delay = min(2*delay, retryMost) {
		err := c.readLog(ctx, reader, true)
		if errdefs.IsNotImplemented(err) {
			// Its log driver keeps nothing, or nothing that can be read: nor will it later.
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
			// The stream may have broken off before the end: what came after it is still there to be read.
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

// Unreadable says why what containers print can't be read with a log driver, and what to do about that.
func Unreadable(driver string) (why, hint string) {
	why = fmt.Sprintf("the engine's log driver is %q, which lets nobody read it", driver)
	if driver == "none" {
		why = `the engine's log driver is "none", which keeps nothing`
	}
	return why, `Give the engine one that can be read, "json-file" or "local": "log-driver" in its daemon.json.`
}

// readLog reads the log from where the reader stopped: to its present end, or following it.
func (c *Container) readLog(ctx context.Context, reader *logReader, follow bool) error {
	stream, err := c.runner.engine.ContainerLogs(ctx, c.ID, container.LogsOptions{
		ShowStdout: true, ShowStderr: true, Timestamps: true, Follow: follow, Since: reader.since(),
	})
	if err != nil {
		return err
	}
	defer stream.Close()
	reader.resume()
	messages := &paced{Reader: stream}
	if c.spec.TTY {
		return reader.readRaw(messages)
	}
	return demux(messages, reader.frame)
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

// logReader turns messages with timestamps into lines, each message once however often the log is read anew.
type logReader struct {
	out, err lines
	// last is the newest timestamp delivered, and seen how many messages bore it. The engine's "since" includes
	// the messages of that very moment: skip of them are to be passed over.
	last       string
	seen, skip int
	// skipping is true within a frame that was delivered before.
	skipping bool
}

// stamp is the fixed width of the engine's timestamps, in UTC, so that they sort as text.
const stamp = len("2006-01-02T15:04:05.000000000Z")

func (r *logReader) since() string { return r.last }

// resume prepares for a stream that begins at the last timestamp.
func (r *logReader) resume() { r.skip = r.seen }

// frame takes a piece of a frame as demux hands it out.
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

// begin takes the timestamp off a message and tells whether the message was delivered before.
func (r *logReader) begin(message []byte) (text []byte, delivered bool) {
	if len(message) <= stamp || message[stamp] != ' ' || message[stamp-1] != 'Z' {
		return message, false
	}
	at, text := message[:stamp], message[stamp+1:]
	switch {
	case string(at) < r.last:
		// A clock that was set back. The engine would not send what is older than "since".
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

// readRaw reads the stream of a container with a terminal: no frames, a timestamp at the head of each line.
func (r *logReader) readRaw(stream io.Reader) error {
	buffer := make([]byte, pieceSize)
	held, first := 0, true
	for {
		n, err := stream.Read(buffer[held:])
		data := buffer[:held+n]
		for len(data) > 0 {
			if first && len(data) <= stamp && err == nil {
				break
			}
			_, after, ended := bytes.Cut(data, []byte{'\n'})
			r.frame(stdout, first, data[:len(data)-len(after)])
			data, first = after, ended
		}
		held = copy(buffer, data)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// flush delivers what no line end follows.
func (r *logReader) flush() {
	r.out.flush()
	r.err.flush()
}
