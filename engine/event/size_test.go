package event

import "testing"

func TestWhatWasCountedNamesDockersFigure(t *testing.T) {
	s := Sized{Basis: "uncompressed layers"}
	if got := s.Counted(); got != "uncompressed layers" {
		t.Errorf("got %q", got)
	}
	s.After.Docker = 91_000_000
	if got := s.Counted(); got != "uncompressed layers; docker images shows 91 MB, its disk usage" {
		t.Errorf("got %q", got)
	}
}
