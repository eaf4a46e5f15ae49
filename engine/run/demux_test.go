package run

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
)

func frame(stream byte, payload string) string {
	header := make([]byte, frameHeader)
	header[0] = stream
	binary.BigEndian.PutUint32(header[4:], uint32(len(payload)))
	return string(header) + payload
}

// read demultiplexes a stream and returns each frame as "stream:payload".
func read(r io.Reader) ([]string, error) {
	var frames []string
	err := demux(r, func(stream byte, first bool, piece []byte) {
		if first {
			frames = append(frames, fmt.Sprint(stream, ":"))
		}
		frames[len(frames)-1] += string(piece)
	})
	return frames, err
}

func TestDemuxTakesTheStreamsApart(t *testing.T) {
	long := strings.Repeat("z", 3*pieceSize+1)
	stream := frame(stdout, "one") + frame(stderr, "two") + frame(stdout, "") + frame(stdout, long)
	want := []string{"1:one", "2:two", "1:", "1:" + long}
	for name, reader := range map[string]io.Reader{"at once": strings.NewReader(stream), "byte by byte": iotest.OneByteReader(strings.NewReader(stream))} {
		if got, err := read(reader); err != nil || !slices.Equal(got, want) {
			t.Errorf("%s: %.80q, %v", name, got, err)
		}
	}
}

func TestDemuxReportsWhatIsNoStream(t *testing.T) {
	for _, c := range []struct{ name, stream, want string }{
		{"within a payload", frame(stdout, "hello")[:10], io.ErrUnexpectedEOF.Error()},
		{"within a header", frame(stdout, "hello")[:3], io.ErrUnexpectedEOF.Error()},
		{"no header", "HTTP/1.1 500 Internal", "is not a frame header"},
		{"the engine's own word", frame(systemErr, "error from daemon in stream"), "error from daemon"},
	} {
		if _, err := read(strings.NewReader(c.stream)); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", c.name, err)
		}
	}
}

func FuzzDemux(f *testing.F) {
	f.Add([]byte(frame(stdout, "one") + frame(stderr, "two\n")))
	f.Add([]byte{1, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 'x'})
	f.Fuzz(func(t *testing.T, data []byte) {
		total := 0
		err := demux(bytes.NewReader(data), func(_ byte, _ bool, piece []byte) {
			if len(piece) > pieceSize {
				t.Fatalf("a piece of %d bytes", len(piece))
			}
			total += len(piece)
		})
		if total > len(data) {
			t.Errorf("%d bytes out of %d", total, len(data))
		}
		if err == nil {
			// A stream that is read without an error reads the same byte by byte.
			whole, _ := read(bytes.NewReader(data))
			single, err := read(iotest.OneByteReader(bytes.NewReader(data)))
			if err != nil || !slices.Equal(whole, single) {
				t.Errorf("%q, in single bytes %q, %v", whole, single, err)
			}
		}
	})
}

func FuzzLines(f *testing.F) {
	f.Add([]byte("one\r\ntwo\nthree"), 3)
	f.Add([]byte(strings.Repeat("ä", maxLine)), 1000)
	f.Fuzz(func(t *testing.T, text []byte, step int) {
		step = max(step, 1)
		var got []string
		l := lines{emit: func(line string) { got = append(got, line) }}
		for rest := text; len(rest) > 0; {
			n := min(step, len(rest))
			l.write(rest[:n])
			rest = rest[n:]
			if len(l.rest) > maxLine {
				t.Fatalf("%d bytes held", len(l.rest))
			}
		}
		l.flush()
		if len(text) > maxLine {
			return
		}
		var want []string
		for line := range strings.SplitSeq(strings.TrimSuffix(string(text), "\n"), "\n") {
			want = append(want, strings.TrimSuffix(line, "\r"))
		}
		if len(text) > 0 && !slices.Equal(got, want) {
			t.Errorf("%q, want %q", got, want)
		}
	})
}

// The engine's "since" includes the moment itself, so that many messages are skipped.
func TestALogReadAnewRepeatsNothing(t *testing.T) {
	var got []string
	r := &logReader{out: lines{emit: func(line string) { got = append(got, line) }}}
	at := func(second int, text string) string {
		return frame(stdout, fmt.Sprintf("2026-01-02T03:04:%02d.000000000Z %s\n", second, text))
	}
	for _, stream := range []string{
		at(1, "a") + at(2, "b") + at(2, "c"),
		at(2, "b") + at(2, "c") + at(2, "d") + at(3, "e"),
		at(3, "e"),
		at(3, "e") + at(3, "f"),
	} {
		r.resume()
		if err := demux(strings.NewReader(stream), r.frame); err != nil && !errors.Is(err, io.EOF) {
			t.Fatal(err)
		}
	}
	if want := []string{"a", "b", "c", "d", "e", "f"}; !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}
