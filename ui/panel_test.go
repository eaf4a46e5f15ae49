package ui

import (
	"testing"

	"github.com/stagewatch/stagewatch/ui/board"
	"github.com/stagewatch/stagewatch/ui/rows"
)

// panel returns the panel whose first tab has that name.
func (s *screen) panel(name string) *board.Panel {
	s.t.Helper()
	for _, p := range s.board.Panels {
		if p.Tabs[0].Name == name {
			return p
		}
	}
	s.t.Fatalf("there is no panel %s", name)
	return nil
}

// list is the list that a panel shows.
func (s *screen) list(name string) *rows.List {
	s.t.Helper()
	return s.panel(name).Body().(*rows.List)
}

// page is the list of the page on top.
func (s *screen) page() *rows.List {
	s.t.Helper()
	if f, ok := s.board.Front().Body().(*rows.Tree); ok {
		return &f.List
	}
	return s.board.Front().Body().(*rows.List)
}

// TestEveryPanelHasAKey that leads to it from the others and is explained.
func TestEveryPanelHasAKey(t *testing.T) {
	s, _ := liveScreen(t)
	for i, p := range s.board.Panels {
		s.board.Focus = s.board.Panels[(i+1)%len(s.board.Panels)]
		s.press(p.Key.Keys()...)
		s.want(s.board.Focus == p, p.Tabs[0].Name+" does not have the focus")
		s.want(p.Key.Help().Desc != "", p.Tabs[0].Name+" has no help")
	}
}
