package front

import (
	"context"
	_ "embed"
	"errors"
	"html/template"
	"net/http"
	"strings"

	"github.com/stagewatch/stagewatch/engine/event"
)

// Status is what the waiting page tells of the build. All of it is text: nothing in it can become markup.
type Status struct {
	// Title is a few words: "Building", "The build failed".
	Title string
	// Detail is a sentence or the error's message; line breaks are kept.
	Detail string
	// Excerpt is the Dockerfile around the failure.
	Excerpt []event.ExcerptLine
	// Failed: nothing is to be expected before the next edit.
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

// wantsPage tells a person at a browser from a program.
func wantsPage(r *http.Request) bool {
	return (r.Method == http.MethodGet || r.Method == http.MethodHead) &&
		strings.Contains(r.Header.Get("Accept"), "text/html") && r.Header.Get("Upgrade") == ""
}

// answerWaiting answers a request for which there is no backend.
func (f *Front) answerWaiting(w http.ResponseWriter, r *http.Request, err error) {
	if r.Context().Err() != nil {
		return
	}
	f.mu.Lock()
	status := f.status
	f.mu.Unlock()
	if errors.Is(err, errClosed) {
		status = Status{Title: "Closing", Detail: errClosed.Error()}
	}
	f.answer(w, r, http.StatusServiceUnavailable, status)
}

// fail answers a request whose backend did not.
func (f *Front) fail(w http.ResponseWriter, r *http.Request, err error) {
	switch {
	case r.Context().Err() != nil, errors.Is(err, context.Canceled):
		// The client has left, or the front cuts what it had promised to end: nobody to tell.
		panic(http.ErrAbortHandler)
	case errors.Is(err, errNoBackend) || errors.Is(err, errClosed):
		var unsent dialError
		if !errors.As(err, &unsent) {
			f.answerWaiting(w, r, err)
			return
		}
	}
	f.answer(w, r, http.StatusBadGateway, Status{
		Title:  "The app does not answer",
		Detail: "Its container may have stopped, or it closed the connection without an answer. The dashboard shows its log.",
	})
}

// answer writes a page that reloads itself, or two lines of text for a program.
func (f *Front) answer(w http.ResponseWriter, r *http.Request, code int, status Status) {
	header := w.Header()
	header.Set("Cache-Control", "no-store")
	header.Set("Retry-After", "1")
	header.Set("X-Content-Type-Options", "nosniff")
	if !wantsPage(r) {
		header.Set("Content-Type", "text/plain; charset=utf-8")
		w.WriteHeader(code)
		_, _ = w.Write([]byte("stagewatch: " + status.Title + "\n" + status.Detail + "\n"))
		return
	}
	header.Set("Content-Type", "text/html; charset=utf-8")
	header.Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'")
	w.WriteHeader(code)
	_ = f.page.Execute(w, status)
}

func parsePage() *template.Template {
	return template.Must(template.New("page").Parse(pageText))
}
