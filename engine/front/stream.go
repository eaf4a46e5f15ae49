package front

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"net"
	"sync"
)

const (
	// maxHead is how long the head of a message may be to be read. A longer one is passed on unread.
	maxHead = 1 << 20
	// pieceSize is the size of the buffers for bodies.
	pieceSize = 32 << 10
)

// stream is one side of a conversation: a connection and what was read ahead of it.
type stream struct {
	sniffed
	in *bufio.Reader
}

func newStream(conn net.Conn, ahead []byte) *stream {
	s := &stream{sniffed: sniffed{Conn: conn, head: ahead}}
	s.in = bufio.NewReader(&s.sniffed)
	return s
}

// rest returns the connection with what was read of it and not used yet.
func (s *stream) rest() *sniffed {
	buffered, _ := s.in.Peek(s.in.Buffered())
	return &sniffed{Conn: s.Conn, head: append(bytes.Clone(buffered), s.head...)}
}

// ahead returns how much was read and not used yet, in bytes.
func (s *stream) ahead() int { return s.in.Buffered() + len(s.head) }

// more waits until there is more to read than was read ahead, or no room for it.
func (s *stream) more() error {
	if s.in.Buffered() == s.in.Size() {
		return nil
	}
	_, err := s.in.Peek(s.in.Buffered() + 1)
	return err
}

// readHead reads the head of a message into buffer. Whole reports that all of it came. If not, what was read can't be a
// head, is longer than [maxHead], or ended with the error.
func (s *stream) readHead(buffer []byte, mayBegin func([]byte) bool) (head []byte, whole bool, err error) {
	head = buffer[:0]
	for {
		if _, err := s.in.Peek(1); err != nil {
			return head, false, err
		}
		piece, _ := s.in.Peek(s.in.Buffered())
		// The end may lie across two pieces.
		from := max(0, len(head)-3)
		read := len(head)
		head = append(head, piece...)
		end := bytes.Index(head[from:], []byte("\r\n\r\n"))
		if end >= 0 {
			head = head[:from+end+4]
		}
		_, _ = s.in.Discard(len(head) - read)
		switch {
		case end >= 0:
			return head, true, nil
		case !mayBegin(head) || bareLineEnd(head[from:]) || len(head) > maxHead:
			return head, false, nil
		}
	}
}

// bareLineEnd reports whether a line ends with anything but CR LF. Servers read such lines differently.
func bareLineEnd(text []byte) bool {
	for i, c := range text {
		if c == '\n' && i > 0 && text[i-1] != '\r' {
			return true
		}
	}
	return false
}

// readError and writeError say which side of a relay broke.
type (
	readError  struct{ error }
	writeError struct{ error }
)

func (e readError) Unwrap() error  { return e.error }
func (e writeError) Unwrap() error { return e.error }

// relay passes on the rest of a body as it comes, byte for byte. It returns nil at the body's end, or a [readError] or
// [writeError]. A body without an end of its own ends with a readError that wraps io.EOF.
func (s *stream) relay(to io.Writer, body *bodyScanner, moved func()) error {
	if body.left == 0 {
		return nil
	}
	borrowed := pieces.Get().(*[pieceSize]byte)
	defer pieces.Put(borrowed)
	for {
		piece, err := s.piece(borrowed[:])
		if err != nil {
			return readError{err}
		}
		moved()
		used, done := body.scan(piece)
		if _, err := to.Write(piece[:used]); err != nil {
			return writeError{err}
		}
		if extra := piece[used:]; len(extra) > 0 {
			s.head = append(bytes.Clone(extra), s.head...)
		}
		if done {
			return nil
		}
	}
}

// piece returns what can be read: what was read ahead, or the next bytes of the connection.
func (s *stream) piece(buffer []byte) ([]byte, error) {
	if n := s.in.Buffered(); n > 0 {
		n, _ = s.in.Read(buffer[:min(n, len(buffer))])
		return buffer[:n], nil
	}
	n, err := s.sniffed.Read(buffer)
	if n > 0 {
		err = nil
	}
	return buffer[:n], err
}

var pieces = sync.Pool{New: func() any { return new([pieceSize]byte) }}

// sniffed is a connection whose first bytes were read already.
type sniffed struct {
	net.Conn
	head []byte
}

// Read returns the bytes that were read ahead before it reads on.
func (s *sniffed) Read(p []byte) (int, error) {
	if len(s.head) > 0 {
		n := copy(p, s.head)
		s.head = s.head[n:]
		return n, nil
	}
	return s.Conn.Read(p)
}

// CloseWrite ends what is sent on the connection.
func (s *sniffed) CloseWrite() error {
	if half, ok := s.Conn.(interface{ CloseWrite() error }); ok {
		return half.CloseWrite()
	}
	return nil
}

// abort closes a connection so that the other side sees an error.
func abort(conn net.Conn) {
	if tcp, ok := conn.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0)
	}
	conn.Close()
}

// isEOF reports whether the other side has ended its side of the connection.
func isEOF(err error) bool { return errors.Is(err, io.EOF) }
