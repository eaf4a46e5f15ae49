package story

import "time"

// EntryKind is the kind of an [Entry]: a line of the app, or a mark that the story puts between them.
type EntryKind int

// The kinds of entries.
const (
	LogLine EntryKind = iota
	// Boundary marks that another container serves from here, or that the user stopped it.
	Boundary
	// Mishap marks that a container ended by itself.
	Mishap
	// Gap is any other message, such as dropped lines.
	Gap
)

// Entry is a line of the logs. Text may hold SGR sequences, and no other control sequences.
type Entry struct {
	// Seq is the entry's number, from 0 without gaps. Entries that are no longer kept count too.
	Seq    int
	Time   time.Time
	Kind   EntryKind
	Build  int
	Stderr bool
	Text   string
}

// Ring keeps the newest entries, up to a number of lines and of bytes.
type Ring struct {
	buf      []Entry
	start    int // index of the oldest
	n        int
	next     int // Seq of the next entry
	bytes    int
	maxLines int
	maxBytes int
}

// NewRing returns a ring of at most maxLines entries and about maxBytes of text.
func NewRing(maxLines, maxBytes int) *Ring {
	return &Ring{maxLines: max(1, maxLines), maxBytes: maxBytes}
}

// Add appends an entry and sets its Seq. It drops the oldest entries where there is no room.
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

// First returns the Seq of the oldest entry that is kept.
func (r *Ring) First() int { return r.next - r.n }

// Next returns the Seq that the next entry will get.
func (r *Ring) Next() int { return r.next }

// Len returns the number of entries that are kept.
func (r *Ring) Len() int { return r.n }

// At returns the entry with a Seq from First up to, but not including, Next.
func (r *Ring) At(seq int) *Entry {
	return &r.buf[(r.start+seq-r.First())%len(r.buf)]
}
