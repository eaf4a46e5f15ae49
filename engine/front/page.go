package front

import (
	"bytes"
	"context"
	_ "embed"
	"errors"
	"fmt"
	"html/template"
	"net"
	"net/http"
	"strings"

	"github.com/stagewatch/stagewatch/engine/event"
)

// Status is what the waiting page says about the build. All of it is plain text: nothing in it becomes markup.
type Status struct {
	// Title is a few words: "Building", "The build failed".
	Title string
	// Detail is a sentence or the error's message. Line breaks are kept.
	Detail string
	// Excerpt is the part of the Dockerfile around the failure.
	Excerpt []event.ExcerptLine
	// Failed says that nothing will change before the next edit.
	Failed bool
}

// SetStatus sets what the waiting page shows from now on.
func (f *Front) SetStatus(s Status) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.status = s
}

//go:embed page.html
var pageText string

// refuse answers a request in the app's place, and ends the connection.
func (s *session) refuse(req *requestHead, err error) {
	f := s.front
	switch {
	case errors.Is(err, errLeft), errors.Is(err, context.Canceled):
		// The client has left, or the front closes at once.
	case errors.Is(err, errClosed):
		s.answer(req, http.StatusServiceUnavailable, Status{Title: "Closing", Detail: errClosed.Error()})
	case errors.Is(err, errNoBackend):
		f.mu.Lock()
		status := f.status
		f.mu.Unlock()
		if !local(req.host) {
			status = Status{Title: status.Title, Failed: status.Failed, Detail: elsewhere}
		}
		s.answer(req, http.StatusServiceUnavailable, status)
	default:
		s.answer(req, http.StatusBadGateway, Status{
			Title:  "The app does not answer",
			Detail: "Its container may have stopped, or it closed the connection without an answer. The app's log in the dashboard says more.",
		})
	}
}

// answer writes a page that reloads itself, or two lines of text for a program.
func (s *session) answer(req *requestHead, code int, status Status) {
	var body bytes.Buffer
	kind, policy := "text/plain; charset=utf-8", ""
	if req.wantsPage() {
		kind, policy = "text/html; charset=utf-8", "Content-Security-Policy: default-src 'none'; style-src 'unsafe-inline'\r\n"
		_ = s.front.page.Execute(&body, status)
	} else {
		fmt.Fprintf(&body, "stagewatch: %s\n%s\n", status.Title, status.Detail)
	}
	length := body.Len()
	if req.method == "HEAD" {
		body.Reset()
	}
	_, _ = fmt.Fprintf(s.Conn, "HTTP/1.1 %d %s\r\nCache-Control: no-store\r\nRetry-After: 1\r\nX-Content-Type-Options: nosniff\r\n%sContent-Type: %s\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%s",
		code, http.StatusText(code), policy, kind, length, body.Bytes())
	_ = s.CloseWrite()
	s.discard()
}

// elsewhere replaces the details for a client that used any other name of this machine.
const elsewhere = "Open this page at localhost or at a numeric address to see the details. They are hidden here because any website can lead a browser to this machine under a name of its own."

// local reports whether a Host field names this machine in a way that no name server decides. A web page whose own name
// leads here could read the answers, and the status contains lines of a Dockerfile.
func local(host string) bool {
	name, _, err := net.SplitHostPort(host)
	if err != nil {
		name = host
	}
	name = strings.ToLower(strings.TrimSuffix(strings.Trim(name, "[]"), "."))
	return name == "" || name == "localhost" || strings.HasSuffix(name, ".localhost") || net.ParseIP(name) != nil
}

func parsePage() *template.Template {
	return template.Must(template.New("page").Parse(pageText))
}
