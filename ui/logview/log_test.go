package logview

import (
	"fmt"
	"testing"

	"github.com/stagewatch/stagewatch/ui/draw"
	"github.com/stagewatch/stagewatch/ui/look"
	"github.com/stagewatch/stagewatch/ui/present"
	"github.com/stagewatch/stagewatch/ui/story"
)

const kept = 10

// lines returns a log of n lines, "line 0" and so on, with a panel of four lines. It keeps the newest ten.
func lines(n int) (*Log, *look.Shared, *story.Story) {
	s := story.New(kept)
	shared := &look.Shared{View: func() present.View { return present.View{Story: s} }}
	log := New(shared)
	log.Place(draw.Rect{W: 40, H: 4})
	add(s, 0, n)
	log.Settle()
	return log, shared, s
}

func add(s *story.Story, from, to int) {
	for i := from; i < to; i++ {
		s.Logs.Add(story.Entry{Kind: story.LogLine, Text: fmt.Sprint("line ", i)})
	}
}

func inSight(l *Log) string {
	var seqs []int
	for _, s := range l.inSight() {
		seqs = append(seqs, s.seq)
	}
	return fmt.Sprint(seqs)
}

// TestTheLogFollowsUntilItIsPaused, and again below its last line.
func TestTheLogFollowsUntilItIsPaused(t *testing.T) {
	log, _, s := lines(6)
	if got := inSight(log); got != "[2 3 4 5]" {
		t.Fatalf("%s is in sight", got)
	}
	log.Move(-1)
	add(s, 6, 8)
	log.Settle()
	if got := inSight(log); got != "[2 3 4 5]" || log.Follows() || log.Current().Seq != 5 {
		t.Fatalf("%s is in sight, the cursor is on %v", got, log.Current())
	}
	log.Move(99)
	log.Move(1)
	if got := inSight(log); got != "[4 5 6 7]" || !log.Follows() {
		t.Fatalf("%s is in sight", got)
	}
}

// TestTheCursorSurvivesWhatIsDroppedAndLeftOut: it moves to the nearest line that is still shown.
func TestTheCursorSurvivesWhatIsDroppedAndLeftOut(t *testing.T) {
	log, _, s := lines(4)
	log.Move(-4)
	add(s, 4, kept+2)
	log.Settle()
	if at := log.Current(); at == nil || at.Seq != 2 {
		t.Fatalf("the cursor is on %v, and not on the oldest line that is kept", at)
	}
	log.SetFilter("!LINE 1")
	log.Settle()
	if got := inSight(log); got != "[8 9 10 11]" {
		t.Fatalf("capitals count, but %s is in sight", got)
	}
	log.SetFilter("!line 1")
	log.Settle()
	if got := inSight(log); got != "[6 7 8 9]" {
		t.Fatalf("%s is in sight", got)
	}
}

// TestASearchFromTheEndFindsTheNewestFirst, and then goes round.
func TestASearchFromTheEndFindsTheNewestFirst(t *testing.T) {
	log, shared, _ := lines(8)
	shared.Search = "line"
	log.SetFilter("!line 7")
	log.Find(1, true)
	for _, want := range []struct{ seq, at int }{{6, 7}, {0, 1}, {1, 2}} {
		if at, of := log.Found(); log.Current().Seq != want.seq || at != want.at || of != 7 {
			t.Fatalf("at line %d, %d of %d, and not %v", log.Current().Seq, at, of, want)
		}
		log.Find(1, false)
	}
}
