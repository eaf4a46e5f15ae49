package rows

import (
	"fmt"
	"testing"

	tea "github.com/charmbracelet/bubbletea"

	"github.com/stagewatch/stagewatch/ui/draw"
	"github.com/stagewatch/stagewatch/ui/look"
	"github.com/stagewatch/stagewatch/ui/present"
)

// numbered returns a list of three lines with n rows. The cursor can be on those with an even number.
func numbered(n int) (*List, *[]any) {
	opened := &[]any{}
	l := &List{
		Look: &look.Shared{
			View: func() present.View { return present.View{} },
			Open: func(ref any) func() tea.Cmd {
				return func() tea.Cmd { *opened = append(*opened, ref); return nil }
			},
		},
		Content: func(present.View, int) []present.Row {
			var rows []present.Row
			for i := range n {
				r := present.Row{Left: draw.Line{}.Add(draw.Plain, fmt.Sprint("row ", i))}
				if i%2 == 0 {
					r.Ref = i
				}
				rows = append(rows, r)
			}
			return rows
		},
	}
	l.Place(draw.Rect{W: 20, H: 3})
	l.Settle()
	return l, opened
}

func (l *List) at(t *testing.T, cursor, offset int) {
	t.Helper()
	if l.Settle(); l.Cursor != cursor || l.Offset != offset {
		t.Fatalf("the cursor is on %d and %d is the first in sight, not %d and %d", l.Cursor, l.Offset, cursor, offset)
	}
}

// TestTheCursorStaysOnWhatCanBeOpenedAndInSight however far it is moved.
func TestTheCursorStaysOnWhatCanBeOpenedAndInSight(t *testing.T) {
	l, _ := numbered(8)
	l.at(t, 0, 0)
	l.Move(1)
	l.at(t, 2, 0)
	l.Move(99)
	l.at(t, 6, 4)
	l.Scroll(-99)
	l.at(t, 2, 0)
	l.Move(-99)
	l.at(t, 0, 0)
}

// TestASecondPressOpens: the first one selects, and a row without a ref takes none.
func TestASecondPressOpens(t *testing.T) {
	l, opened := numbered(8)
	l.Press(2, false)
	l.Press(1, true)
	if len(*opened) != 0 {
		t.Fatalf("opened %v", *opened)
	}
	l.Press(2, true)
	if fmt.Sprint(*opened) != "[2]" {
		t.Fatalf("opened %v", *opened)
	}
}

// TestASearchGoesRound and comes back to what was in sight.
func TestASearchGoesRound(t *testing.T) {
	l, _ := numbered(8)
	back := l.Bookmark()
	l.Look.Search = "ROW"
	if _, of := l.Found(); of != 0 {
		t.Fatalf("%d rows are found, though capitals count", of)
	}
	l.Look.Search = "row"
	l.Find(-1, false)
	if at, of := l.Found(); at != 4 || of != 4 {
		t.Fatalf("at %d of %d", at, of)
	}
	l.Find(1, false)
	l.at(t, 0, 0)
	l.Find(1, false)
	back()
	l.at(t, 0, 0)
}
