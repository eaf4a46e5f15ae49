package logview

import (
	"slices"

	"github.com/stagewatch/stagewatch/ui/story"
)

// index holds the numbers of the entries that pass a test. It looks at each entry only once.
type index struct {
	ring *story.Ring
	test string
	seqs []int
	next int
}

// update tests the entries that came since the last call. test names what pass tests for; another name starts anew.
func (x *index) update(r *story.Ring, test string, pass func(*story.Entry) bool) {
	if x.ring != r || x.test != test {
		*x = index{ring: r, test: test}
	}
	for seq := max(x.next, r.First()); seq < r.Next(); seq++ {
		if pass(r.At(seq)) {
			x.seqs = append(x.seqs, seq)
		}
	}
	x.next = r.Next()
	gone, _ := slices.BinarySearch(x.seqs, r.First())
	x.seqs = x.seqs[gone:]
}

// at returns the place of an entry among those that pass, and whether it passes.
func (x *index) at(seq int) (int, bool) { return slices.BinarySearch(x.seqs, seq) }
