package solve

import (
	"time"

	"github.com/moby/buildkit/client"
	"github.com/opencontainers/go-digest"
)

// vertex is everything that was reported of one digest so far.
type vertex struct {
	inputs         []digest.Digest
	started, ended *time.Time
	// sending is when the engine began to get a local source.
	sending *time.Time
	// used says that it was an input of something that ran.
	used           bool
	cached, pulled bool
	// canceled says that it was canceled: by the end of this solve, or of another one that shared it. After that it may
	// start again, which sets anew, or turn out to be in the cache.
	canceled, anew bool
	// said is the newest time in what was reported of it.
	said time.Time
	err  string
	took time.Duration
	// elsewhere says that it ran in an earlier solve, where its output was reported.
	elsewhere bool
}

// done reports whether the vertex ended, and not by being canceled.
func (v *vertex) done() bool { return v.ended != nil && !v.canceled }

// lookedUp reports whether everything that was reported of the vertex is the computing of its cache key. BuildKit
// reports that as run for a vertex without inputs: the first WORKDIR on scratch, the source of an ADD from a URL. The
// vertex really ran if something that ran needs it and it was not in the cache.
func (v *vertex) lookedUp() bool { return len(v.inputs) == 0 && !v.used }

// noteCanceled records whether news says that the vertex was canceled. It returns false if it says nothing else and
// comes late. BuildKit repeats an error that it reported once in all later reports of the vertex.
func (v *vertex) noteCanceled(news *client.Vertex) bool {
	canceled := isCanceled(news.Error)
	var at time.Time
	for _, t := range []*time.Time{news.Started, news.Completed} {
		if t != nil && t.After(at) {
			at = *t
		}
	}
	if canceled && !news.Cached && !at.After(v.said) {
		return false
	}
	if at.After(v.said) {
		v.said = at
	}
	switch {
	case v.canceled && !news.Cached && news.Started != nil && v.ended != nil && news.Started.After(*v.ended):
		v.anew = true
	case canceled && news.Cached && !v.anew:
		// Another solve's run of it was canceled.
		v.started, v.ended, v.took = nil, nil, 0
	}
	v.canceled = canceled
	return true
}
