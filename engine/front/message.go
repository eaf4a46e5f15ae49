package front

import (
	"bytes"
	"strconv"
	"strings"
)

// bodySize is the length of a body in bytes, or one of the constants below.
type bodySize int64

const (
	chunked    bodySize = -1
	untilClose bodySize = -2
)

// requestHead is what the front needs to know of a request's head. Everything else is passed on unread.
type requestHead struct {
	head   []byte
	method string
	host   string
	size   bodySize
	// keep says that the client wants to use the connection again.
	keep bool
	// upgrade says that the request asks for another protocol.
	upgrade bool
	// html says that the client shows pages to a person.
	html bool
	// document says that the answer is shown as a page, which then follows what serves.
	document bool
}

// harmless reports whether the request may be sent twice: its method is safe, and it has no body to be kept.
func (r *requestHead) harmless() bool {
	switch r.method {
	case "GET", "HEAD", "OPTIONS", "TRACE", "PUT", "DELETE":
		return !r.upgrade && r.size == 0
	}
	return false
}

// wantsPage reports whether the client is a browser that shows the answer to a person.
func (r *requestHead) wantsPage() bool {
	return (r.method == "GET" || r.method == "HEAD") && r.html && !r.upgrade
}

// answerHead is what the front needs to know of an answer's head.
type answerHead struct {
	status int
	size   bodySize
	keep   bool
	// events says that the answer is a stream of events, which has no end of its own.
	events bool
}

// framing collects what the fields of a head say of the message's end.
type framing struct {
	lengths, encodings int
	length             int64
	chunked            bool
	close, keepAlive   bool
}

// parseRequest reads the head of a request. It returns false for a head that servers may read differently, above all in
// where the message ends. Such a request can only be passed through, with all that follows.
func parseRequest(head []byte) (r requestHead, ok bool) {
	// Some clients send an empty line after a body.
	line, fields, _ := bytes.Cut(bytes.TrimPrefix(head, []byte("\r\n")), []byte("\r\n"))
	method, rest, _ := bytes.Cut(line, []byte{' '})
	target, version, _ := bytes.Cut(rest, []byte{' '})
	minor, known := minorVersion(version)
	if !known || !isToken(method) || len(target) == 0 || bytes.ContainsFunc(target, func(c rune) bool { return c <= ' ' || c == 0x7f }) || string(method) == "CONNECT" {
		return requestHead{}, false
	}
	r = requestHead{head: head, method: methodName(method)}
	var f framing
	hosts := 0
	ok = eachField(fields, func(name, value []byte) bool {
		switch {
		case isName(name, "host"):
			hosts++
			r.host = string(value)
		case isName(name, "accept"):
			r.html = r.html || bytes.Contains(value, []byte("text/html"))
		case isName(name, "upgrade"):
			r.upgrade = true
		default:
			return f.field(name, value)
		}
		return true
	})
	switch {
	case !ok || hosts > 1 || f.lengths+f.encodings > 1 || f.encodings > 0 && (!f.chunked || minor == 0):
		return requestHead{}, false
	case f.chunked:
		r.size = chunked
	default:
		r.size = bodySize(f.length)
	}
	r.keep = f.keeps(minor)
	return r, true
}

// parseAnswer reads the head of the answer to a request with the method.
func parseAnswer(head []byte, method string) (a answerHead, ok bool) {
	line, fields, _ := bytes.Cut(head, []byte("\r\n"))
	version, rest, _ := bytes.Cut(line, []byte{' '})
	code, _, _ := bytes.Cut(rest, []byte{' '})
	minor, known := minorVersion(version)
	status, err := strconv.Atoi(string(code))
	if !known || err != nil || len(code) != 3 || status < 100 || bytes.ContainsAny(rest, "\r\n\x00") {
		return answerHead{}, false
	}
	a.status = status
	var f framing
	ok = eachField(fields, func(name, value []byte) bool {
		if isName(name, "content-type") {
			a.events = a.events || bytes.HasPrefix(bytes.ToLower(value), []byte("text/event-stream"))
			return true
		}
		return f.field(name, value)
	})
	switch {
	case !ok || f.lengths+f.encodings > 1 || f.chunked && minor == 0:
		return answerHead{}, false
	case status < 200 || status == 204 || status == 304 || method == "HEAD":
	case f.chunked:
		a.size = chunked
	case f.encodings > 0 || f.lengths == 0:
		a.size = untilClose
	default:
		a.size = bodySize(f.length)
	}
	a.keep = f.keeps(minor) && a.size != untilClose
	return a, true
}

// field reads a field that says where the message ends or whether the connection stays open. It returns false for an
// invalid one.
func (f *framing) field(name, value []byte) bool {
	switch {
	case isName(name, "content-length"):
		f.lengths++
		if len(value) == 0 || len(value) > 18 || bytes.ContainsFunc(value, func(c rune) bool { return c < '0' || c > '9' }) {
			return false
		}
		f.length, _ = strconv.ParseInt(string(value), 10, 64)
	case isName(name, "transfer-encoding"):
		f.encodings++
		f.chunked = strings.EqualFold(string(value), "chunked")
	case isName(name, "connection"), isName(name, "proxy-connection"):
		for option := range bytes.SplitSeq(value, []byte{','}) {
			option = bytes.TrimSpace(option)
			f.close = f.close || bytes.EqualFold(option, []byte("close"))
			f.keepAlive = f.keepAlive || bytes.EqualFold(option, []byte("keep-alive"))
		}
	}
	return true
}

// keeps reports whether the connection may be used again after the message.
func (f *framing) keeps(minor int) bool { return !f.close && (minor == 1 || f.keepAlive) }

// eachField calls fn for every field of a head until it returns false. It returns false, too, for lines that servers
// read differently or that continue the line before.
func eachField(fields []byte, fn func(name, value []byte) bool) bool {
	for len(fields) > 0 {
		line, after, ended := bytes.Cut(fields, []byte("\r\n"))
		if len(line) == 0 {
			return len(after) == 0
		}
		name, value, colon := bytes.Cut(line, []byte{':'})
		if !ended || !colon || !isToken(name) || bytes.ContainsAny(value, "\r\n\x00") || !fn(name, bytes.Trim(value, " \t")) {
			return false
		}
		fields = after
	}
	return false
}

// isName reports whether a field's name is want, which must be in lower case.
func isName(name []byte, want string) bool {
	return len(name) == len(want) && name[0]|0x20 == want[0] && strings.EqualFold(string(name), want)
}

// isToken reports whether text can be a method or a field's name.
func isToken(text []byte) bool {
	for _, c := range text {
		switch {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9':
		case strings.IndexByte("!#$%&'*+-.^_`|~", c) >= 0:
		default:
			return false
		}
	}
	return len(text) > 0
}

// minorVersion returns the minor version of HTTP/1.0 and HTTP/1.1.
func minorVersion(version []byte) (minor int, ok bool) {
	switch string(version) {
	case "HTTP/1.1":
		return 1, true
	case "HTTP/1.0":
		return 0, true
	}
	return 0, false
}

// methodName returns the method as a string, without an allocation for the usual ones.
func methodName(method []byte) string {
	switch string(method) {
	case "GET":
		return "GET"
	case "POST":
		return "POST"
	case "HEAD":
		return "HEAD"
	}
	return string(method)
}

// insert appends a line to a head's fields.
func insert(head []byte, line ...string) []byte {
	head = head[:len(head)-len("\r\n")]
	for _, text := range line {
		head = append(head, text...)
	}
	return append(head, "\r\n\r\n"...)
}
