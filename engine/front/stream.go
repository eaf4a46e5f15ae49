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
	// maxHead is how long the head of a message may be to be understood. A longer one is passed on all the same.
	maxHead = 1 << 20
	// pieceSize is the size of the pieces that bodies are passed on in.
	pieceSize = 32 << 10
)

// stream is one side of a conversation: a connection, read ahead of what was used of it.
type stream struct {
	sniffed
	in *bufio.Reader
}

func newStream(conn net.Conn, ahead []byte) *stream {
	s := &stream{sniffed: sniffed{Conn: conn, head: ahead}}
	s.in = bufio.NewReader(&s.sniffed)
	return s
}

// rest is the connection as a bare one, with what was read of it and not used yet.
func (s *stream) rest() *sniffed {
	buffered, _ := s.in.Peek(s.in.Buffered())
	return &sniffed{Conn: s.Conn, head: append(bytes.Clone(buffered), s.head...)}
}

// ahead is how much was read of the connection and not used yet.
func (s *stream) ahead() int { return s.in.Buffered() + len(s.head) }

// more waits until there is more to read than was read ahead, or no room for it.
func (s *stream) more() error {
	if s.in.Buffered() == s.in.Size() {
		return nil
	}
	_, err := s.in.Peek(s.in.Buffered() + 1)
	return err
}

// readHead reads the head of a message into buffer. Whole tells that it came to its end; otherwise what was read is the
// beginning of something that can't be one, is longer than [maxHead], or broke off with the error.
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

// bareLineEnd reports whether a line ends otherwise than with CR LF. Servers differ in what they make of that.
func bareLineEnd(text []byte) bool {
	for i, c := range text {
		if c == '\n' && i > 0 && text[i-1] != '\r' {
			return true
		}
	}
	return false
}

// readError and writeError tell which side of a passage broke.
type (
	readError  struct{ error }
	writeError struct{ error }
)

func (e readError) Unwrap() error  { return e.error }
func (e writeError) Unwrap() error { return e.error }

// relay passes on what is left of a body as it comes, byte for byte. It returns nil at the body's end, or a [readError]
// or [writeError]. Of a body without an end of its own, io.EOF within a readError is the end.
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

// piece reads what there is: out of what was read ahead, or from the connection.
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

// pieces are lent out to pass bodies on.
var pieces = sync.Pool{New: func() any { return new([pieceSize]byte) }}

// sniffed is a connection whose first bytes were read already.
type sniffed struct {
	net.Conn
	head []byte
}

// Read reads the first bytes again, then on.
func (s *sniffed) Read(p []byte) (int, error) {
	if len(s.head) > 0 {
		n := copy(p, s.head)
		s.head = s.head[n:]
		return n, nil
	}
	return s.Conn.Read(p)
}

// CloseWrite passes on that nothing more will be said.
func (s *sniffed) CloseWrite() error {
	if half, ok := s.Conn.(interface{ CloseWrite() error }); ok {
		return half.CloseWrite()
	}
	return nil
}

// abort closes a connection so that the other side learns that it broke off.
func abort(conn net.Conn) {
	if tcp, ok := conn.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0)
	}
	conn.Close()
}

// isEOF reports whether the other side has said all.
func isEOF(err error) bool { return errors.Is(err, io.EOF) }
