package front

import (
	"bytes"
	"crypto/rand"
	"errors"
	"mime"
	"net/http"
	"strconv"
	"strings"

	"github.com/stagewatch/stagewatch/engine/reload"
)

// asDocument has the app answer with the page itself where a browser wants to show one: not with one of a cache, which
// may have been put there by another container, and not compressed.
func (r *requestHead) asDocument() {
	if r.document = r.wantsDocument(); !r.document {
		return
	}
	head := editFields(r.head, func(name, value []byte) ([]byte, bool) {
		return value, !isName(name, "accept-encoding") && !isName(name, "if-none-match") && !isName(name, "if-modified-since")
	})
	r.head = insert(head, "Accept-Encoding: identity")
}

// wantsDocument reports whether a browser asks, for a page or a frame of one. What scripts fetch is none. A browser says
// so to https and to this machine; else what it accepts tells.
func (r *requestHead) wantsDocument() bool {
	if r.method != http.MethodGet && r.method != http.MethodHead || r.size != 0 || r.upgrade {
		return false
	}
	var dest, mode string
	wants := r.html
	eachField(fieldsOf(r.head), func(name, value []byte) bool {
		switch {
		case isName(name, "sec-fetch-dest"):
			dest = string(value)
		case isName(name, "sec-fetch-mode"):
			mode = string(value)
		case isName(name, "x-requested-with"):
			wants = false
		}
		return true
	})
	switch dest {
	case "":
		return wants
	case "empty":
		// A service worker asks for what its page is to be.
		return mode == "navigate"
	}
	return dest == "document" || dest == "iframe" || dest == "frame"
}

// asPage makes the answer to a request for a document a page that follows, if it is one that a tag can be put into. It
// changes the head, which is in s.reply, and returns what passes the body on; nil for a body that passes as it is.
func (s *session) asPage(req *requestHead, l *link, a answerHead) *pageBody {
	policies, ok := pageFields(s.reply, a.status)
	if !ok || a.size > 0 && !begins(l, a.size) {
		return nil
	}
	allowed, nonce := reload.Allow(policies, req.host, rand.Text())
	tag := reload.Tag(l.of.number, nonce)
	head := editFields(s.reply, func(name, value []byte) ([]byte, bool) {
		switch {
		case isName(name, "content-length"):
			n, _ := strconv.ParseInt(string(value), 10, 64)
			return strconv.AppendInt(nil, n+int64(len(tag)), 10), true
		case isPolicy(name):
			value, allowed = []byte(allowed[0]), allowed[1:]
			return value, true
		}
		// What these say is true of the page as the app has it only.
		return value, !isName(name, "etag") && !isName(name, "last-modified") && !isName(name, "accept-ranges") && !isName(name, "content-md5") &&
			!isName(name, "digest") && !isName(name, "content-digest") && !isName(name, "repr-digest")
	})
	s.reply = insert(head, "Vary: Sec-Fetch-Dest")
	if req.method == http.MethodHead {
		return nil
	}
	body := &pageBody{to: s.Conn, page: reload.NewPage(tag), out: s.reply}
	if a.size == chunked {
		body.chunks = &bodyScanner{left: chunked}
	}
	return body
}

// begins reports whether the body of that size has begun, and is not in UTF-16.
func begins(l *link, size bodySize) bool {
	begin, err := l.in.Peek(int(min(2, size)))
	return err == nil && !reload.UTF16(begin)
}

// pageFields reports whether an answer is a page that a browser shows, and a tag can be put into. The policies are the
// values of its fields for them, in their order.
func pageFields(head []byte, status int) (policies []string, ok bool) {
	if status < 200 || status == http.StatusNoContent || status == http.StatusResetContent || status == http.StatusPartialContent || status >= 300 && status < 400 {
		return nil, false
	}
	html, plain := false, true
	eachField(fieldsOf(head), func(name, value []byte) bool {
		switch {
		case isName(name, "content-type"):
			html = isHTML(string(value))
		case isName(name, "content-encoding"):
			plain = plain && strings.EqualFold(string(value), "identity")
		case isName(name, "content-disposition"):
			plain = plain && !bytes.HasPrefix(bytes.ToLower(value), []byte("attachment"))
		case isName(name, "cache-control"):
			plain = plain && !bytes.Contains(bytes.ToLower(value), []byte("no-transform"))
		case isPolicy(name):
			policies = append(policies, string(value))
		}
		return true
	})
	return policies, html && plain
}

// isHTML reports whether a content type is that of a page whose bytes can be ASCII.
func isHTML(value string) bool {
	kind, params, err := mime.ParseMediaType(value)
	charset := strings.ToLower(params["charset"])
	wide := strings.HasPrefix(charset, "utf-16") || strings.Contains(charset, "ucs-2") || strings.Contains(charset, "unicode")
	return kind == "text/html" && !wide && (err == nil || errors.Is(err, mime.ErrInvalidMediaParameter))
}

func isPolicy(name []byte) bool {
	return isName(name, "content-security-policy") || isName(name, "content-security-policy-report-only")
}

// fieldsOf returns the fields of a head, without its first line.
func fieldsOf(head []byte) []byte {
	_, fields, _ := bytes.Cut(bytes.TrimPrefix(head, []byte("\r\n")), []byte("\r\n"))
	return fields
}

// editFields returns a head with the fields that edit keeps, and with the values that it gives them.
func editFields(head []byte, edit func(name, value []byte) (now []byte, keep bool)) []byte {
	fields := fieldsOf(head)
	out := append(make([]byte, 0, len(head)+256), head[:len(head)-len(fields)]...)
	eachField(fields, func(name, value []byte) bool {
		if now, keep := edit(name, value); keep {
			out = append(append(append(append(out, name...), ": "...), now...), "\r\n"...)
		}
		return true
	})
	return append(out, "\r\n"...)
}
