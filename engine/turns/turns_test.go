package turns

import (
	"testing"
	"time"
)

func TestTurns(t *testing.T) {
	const free, first = 3, time.Second
	for _, tt := range []struct {
		name      string
		lost      int
		age, want time.Duration
	}{
		{"nothing was lost", 0, 0, 0},
		{"as often as is free", free - 1, 0, 0},
		{"once more", free, 0, first},
		{"part of the turn is over", free, first / 3, first - first/3},
		{"the turn is over", free, first, 0},
		{"long over", free, time.Hour, 0},
		{"turns double", free + 4, 0, 16 * first},
		{"up to a bound", free + 1000, 0, Longest},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := (Turns{free, first, tt.lost}).Left(tt.age); got != tt.want {
				t.Errorf("%v are left, want %v", got, tt.want)
			}
		})
	}
	tr := Turns{free, first, free}
	if tr.Ended(true); tr.Lost != free {
		t.Error("a turn is shorter though something waited for its end")
	}
	if tr.Ended(false); tr.Lost != 0 {
		t.Error("turns go on when nothing waits")
	}
}
