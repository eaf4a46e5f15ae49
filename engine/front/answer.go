package front

import "errors"

// downward is how the direction from the app to the client ended.
type downward struct {
	// nothing came; or it broke off; or what comes is nothing that HTTP tells the end of.
	nothing, broken, raw bool
	// endless: what broke off has no other end than that of the connection.
	endless bool
	// keep: the app keeps the connection.
	keep bool
}

// passAnswer passes the answer on: interim ones as they come, then the final one and its body.
func (s *session) passAnswer(req *requestHead, l *link) downward {
	for begun := false; ; begun = true {
		head, whole, err := l.readHead(s.reply, mayBeAnswer)
		s.reply = head
		if len(head) == 0 {
			return downward{nothing: !begun, broken: begun}
		}
		var a answerHead
		ok := false
		if whole {
			a, ok = parseAnswer(head, req.method)
		}
		if ok {
			l.of.spokeHTTP.Store(true)
		}
		switch {
		case !ok || a.status == 101:
			if ok {
				s.reply = stamp(head, l.of)
			}
			if _, werr := s.Conn.Write(s.reply); werr != nil || err != nil {
				return downward{broken: werr != nil || !isEOF(err)}
			}
			return downward{raw: true}
		case a.status < 200:
			if _, err := s.Conn.Write(head); err != nil {
				return downward{broken: true}
			}
			continue
		}
		s.reply = stamp(head, l.of)
		return s.passBody(req, l, a)
	}
}

// mayBeAnswer reports whether the head of an answer may begin so.
func mayBeAnswer(head []byte) bool {
	const begin = "HTTP/1."
	n := min(len(head), len(begin))
	return string(head[:n]) == begin[:n]
}

// passBody passes on the head of an answer, which is in s.reply, and its body.
func (s *session) passBody(req *requestHead, l *link, a answerHead) downward {
	moved := func() {}
	if a.events && req.method == "GET" {
		// Who listens to events asks again by itself, and is to hear those of the new code.
		quiet := l.of.untilQuiet(func() { l.Conn.Close() })
		defer quiet.stop()
		moved = quiet.moved
	}
	// A small answer goes out in one piece.
	if n := l.in.Buffered(); a.size > 0 && int64(n) >= int64(a.size) || a.size == 0 {
		body, _ := l.in.Peek(int(a.size))
		s.reply = append(s.reply, body...)
		_, _ = l.in.Discard(len(body))
		a.size = 0
	}
	if _, err := s.Conn.Write(s.reply); err != nil {
		return downward{broken: true}
	}
	err := l.relay(s.Conn, &bodyScanner{left: a.size}, moved)
	var reading readError
	if err == nil {
		return downward{keep: a.keep}
	}
	if errors.As(err, &reading) && isEOF(reading) {
		// The end of what has no other, or an answer that is cut short: the client sees the same.
		return downward{}
	}
	return downward{broken: true, endless: a.size == untilClose && !a.events}
}
