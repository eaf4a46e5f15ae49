package ui

import "testing"

// panel returns the panel whose first tab has that name.
func (s *screen) panel(name string) *panel {
	s.t.Helper()
	for _, p := range s.panels {
		if p.tabs[0].name == name {
			return p
		}
	}
	s.t.Fatalf("there is no panel %s", name)
	return nil
}

// list is the list that a panel shows.
func (s *screen) list(name string) *list {
	s.t.Helper()
	return s.panel(name).body().(*list)
}

// page is the list of the page on top.
func (s *screen) page() *list {
	s.t.Helper()
	if f, ok := s.front().body().(*filesList); ok {
		return &f.list
	}
	return s.front().body().(*list)
}

// TestEveryPanelHasAKey that leads to it from the others and is explained.
func TestEveryPanelHasAKey(t *testing.T) {
	s, _ := liveScreen(t)
	for i, p := range s.panels {
		s.focus = s.panels[(i+1)%len(s.panels)]
		s.press(p.key.Keys()...)
		s.want(s.focus == p, p.tabs[0].name+" does not have the focus")
		s.want(p.key.Help().Desc != "", p.tabs[0].name+" has no help")
	}
}
