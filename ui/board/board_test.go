package board

import (
	"testing"

	"github.com/stagewatch/stagewatch/ui/draw"
)

// blank is a body that has nothing to do but to stand somewhere. Other methods are not called.
type blank struct{ Body }

func (blank) Place(draw.Rect) {}

func three() (b *Board, centre, side, below *Panel) {
	centre = &Panel{Area: Centre, Tabs: []Tab{{"Centre", blank{}}}}
	side = &Panel{Area: Side, Tabs: []Tab{{"Side", blank{}}}}
	below = &Panel{Area: Below, Tabs: []Tab{{"Below", blank{}}}}
	return New(false, centre, side, below), centre, side, below
}

func placed(b *Board, w, h int) {
	r := draw.Rect{W: w, H: h}
	b.Shape(r)
	b.Place(r)
}

// TestAPanelInSightCanHaveTheFocus: a narrow page hides the side and a wide one hides all, and the focus goes round what
// is left.
func TestAPanelInSightCanHaveTheFocus(t *testing.T) {
	b, centre, side, below := three()
	placed(b, 100, 30)
	if !centre.InSight() || !side.InSight() || !below.InSight() || b.Next(1) != side || b.Next(-1) != below {
		t.Fatal("not all panels are in sight, or the focus does not go round")
	}
	narrow := NewPage("step", "Step", blank{})
	b.Open(narrow)
	placed(b, 130, 30)
	if side.InSight() || !narrow.InSight() || !centre.InSight() || b.Next(1) != centre {
		t.Fatal("the page did not take the place of the side")
	}
	wide := NewPage("files", "Files", blank{})
	wide.Wide = true
	b.Open(wide)
	placed(b, 130, 30)
	if centre.InSight() || below.InSight() || !wide.InSight() {
		t.Fatal("the wide page does not have the screen")
	}
	b.CloseTop()
	if b.Focus != &narrow.Panel {
		t.Fatal("the focus is not on the page below")
	}
	b.Toggle(NewPage("step", "Another step", blank{}))
	if b.Focus != centre || len(b.Pages) != 0 {
		t.Fatal("the focus did not come back to the panel that had it")
	}
}

// TestASmallScreenShowsOnePanel, and zooming changes nothing there.
func TestASmallScreenShowsOnePanel(t *testing.T) {
	b, centre, side, below := three()
	placed(b, gridWidth-1, 30)
	if !b.Single || b.Zooms() || !centre.InSight() || side.InSight() || below.InSight() {
		t.Fatal("not one panel is in sight")
	}
	if b.Next(1) != side {
		t.Fatal("the panels out of sight cannot be reached")
	}
	placed(b, gridWidth, GridHeight)
	if b.Single || !b.Zooms() {
		t.Fatal("there is room for several panels")
	}
}
