package story

import "time"

// EntryKind tells the app's own lines from ours between them.
type EntryKind int

// The kinds of entries.
const (
	LogLine EntryKind = iota
	// Boundary marks where another build begins to serve.
	Boundary
	// Mishap marks where a container ended by itself.
	Mishap
	// Gap marks lines that were dropped before they could be kept.
	Gap
)

// Entry is a line of the logs. Text may hold SGR sequences and nothing else that a terminal obeys.
type Entry struct {
	// Seq numbers the entries from 0, without gaps; dropped ones keep theirs.
	Seq    int
	Time   time.Time
	Kind   EntryKind
	Build  int
	Stderr bool
	Text   string
}

// Ring keeps the newest entries, within bounds of lines and of bytes.
type Ring struct {
	buf      []Entry
	start    int // index of the oldest
	n        int
	next     int // Seq of the entry to come
	bytes    int
	maxLines int
	maxBytes int
}

// NewRing returns a ring of at most maxLines entries and about maxBytes of text.
func NewRing(maxLines, maxBytes int) *Ring {
	return &Ring{maxLines: max(1, maxLines), maxBytes: maxBytes}
}

// Add appends an entry and numbers it. The oldest go where there is no room.
func (r *Ring) Add(e Entry) {
	for r.n > 0 && (r.n >= r.maxLines || r.bytes+len(e.Text) > r.maxBytes) {
		r.bytes -= len(r.buf[r.start].Text)
		r.buf[r.start] = Entry{}
		r.start = (r.start + 1) % len(r.buf)
		r.n--
	}
	if r.n == len(r.buf) {
		r.grow()
	}
	e.Seq = r.next
	r.next++
	r.buf[(r.start+r.n)%len(r.buf)] = e
	r.n++
	r.bytes += len(e.Text)
}

func (r *Ring) grow() {
	bigger := make([]Entry, min(r.maxLines, max(64, 2*len(r.buf))))
	for i := range r.n {
		bigger[i] = r.buf[(r.start+i)%len(r.buf)]
	}
	r.buf, r.start = bigger, 0
}

// First is the Seq of the oldest entry kept, which is how many are gone.
func (r *Ring) First() int { return r.next - r.n }

// Next is the Seq of the entry to come.
func (r *Ring) Next() int { return r.next }

// Len is the number of entries kept.
func (r *Ring) Len() int { return r.n }

// At returns the entry numbered seq, which is at least First and less than Next.
func (r *Ring) At(seq int) *Entry {
	return &r.buf[(r.start+seq-r.First())%len(r.buf)]
}
