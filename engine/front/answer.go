package front

import "errors"

// downward is how the direction from the app to the client ended.
type downward struct {
	// nothing: no byte came. broken: the connection broke. raw: what follows is not HTTP, or has no end that HTTP
	// knows.
	nothing, broken, raw bool
	// endless: the broken answer has no end but that of the connection.
	endless bool
	// keep: the app keeps its connection open.
	keep bool
}

// passAnswer passes the answer on: interim answers as they come, then the final one and its body.
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

// mayBeAnswer reports whether head may be the beginning of an answer.
func mayBeAnswer(head []byte) bool {
	const begin = "HTTP/1."
	n := min(len(head), len(begin))
	return string(head[:n]) == begin[:n]
}

// passBody passes on the head of an answer, which is in s.reply, and its body.
func (s *session) passBody(req *requestHead, l *link, a answerHead) downward {
	if req.document {
		if page := s.asPage(req, l, a); page != nil {
			return s.passPage(l, a, page)
		}
	}
	moved := func() {}
	if a.events && req.method == "GET" {
		// A client that listens to events reconnects by itself, and should get the events of the new code.
		quiet := l.of.untilQuiet(func() { l.Conn.Close() })
		defer quiet.stop()
		moved = quiet.moved
	}
	// A small answer is sent in one piece.
	if n := l.in.Buffered(); a.size > 0 && int64(n) >= int64(a.size) || a.size == 0 {
		body, _ := l.in.Peek(int(a.size))
		s.reply = append(s.reply, body...)
		_, _ = l.in.Discard(len(body))
		a.size = 0
	}
	if _, err := s.Conn.Write(s.reply); err != nil {
		return downward{broken: true}
	}
	return a.ended(l.relay(s.Conn, &bodyScanner{left: a.size}, moved))
}

// ended returns how passing the answer on has ended, by the error of its body.
func (a answerHead) ended(err error) downward {
	var reading readError
	if err == nil {
		return downward{keep: a.keep}
	}
	if errors.As(err, &reading) && isEOF(reading) {
		// The body ends with the connection, or was cut short. The client sees the same in both cases.
		return downward{}
	}
	return downward{broken: true, endless: a.size == untilClose && !a.events}
}
