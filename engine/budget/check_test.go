package budget

import (
	"math"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/stagewatch/stagewatch/engine/event"
)

func limits(t *testing.T, f Flags, dive string) Limits {
	t.Helper()
	l, err := Parse(f)
	if err == nil && dive != "" {
		l.Dive, err = ParseDive(".dive-ci", []byte(dive))
	}
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func TestExceeded(t *testing.T) {
	at := time.Date(2026, 11, 27, 9, 0, 0, 0, time.Local)
	f := Figures{
		Bytes: 72_300_000, Layers: 5, Was: &Was{At: at, Bytes: 70_000_000},
		Steps:  []Step{{"FROM alpine", 60_000_000, 60_000_000}, {"COPY --from=build /lib /lib", 12_000_000, 10_000_000}, {"COPY . .", 300_000, -1}, {"RUN true", 0, 5}},
		Wasted: []event.ExcessPart{{Name: "RUN a", Bytes: 1_000_000}, {Name: "COPY b", Bytes: 2_000_000}},
		Dive:   &Efficiency{Score: 0.9, Wasted: 4_000_000, WastedOfUser: 0.25, Inefficient: []event.ExcessPart{{Name: "/b", Bytes: 4_000_000}}},
	}
	alone := f
	alone.Was = nil
	for name, c := range map[string]struct {
		limits Limits
		f      Figures
		want   []string
	}{
		"no limits":         {Limits{}, f, nil},
		"all hold":          {limits(t, Flags{MaxSize: "72.3MB", MaxWasted: "3MB", MaxGrowth: "3.3%", MaxLayers: "5"}, "rules:\n  highestWastedBytes: 4MB\n  highestUserWastedPercent: 0.25"), f, nil},
		"the size":          {limits(t, Flags{MaxSize: "70MB"}, ""), f, []string{"the image has 72.3 MB, 2.3 MB more than --max-size 70MB: COPY --from=build /lib /lib 2 MB, COPY . . 300 kB"}},
		"the size, no past": {limits(t, Flags{MaxSize: "70MB"}, ""), alone, []string{"the image has 72.3 MB, 2.3 MB more than --max-size 70MB: COPY --from=build /lib /lib 12 MB, COPY . . 300 kB"}},
		"the layers":        {limits(t, Flags{MaxLayers: "4"}, ""), f, []string{"the image has 5 layers, more than --max-layers 4: COPY --from=build /lib /lib 2 MB, COPY . . 300 kB"}},
		"the growth":        {limits(t, Flags{MaxGrowth: "3%"}, ""), f, []string{"the image grew by 3.29%, from 70 MB on 27 Nov 09:00 to 72.3 MB, which is more than --max-growth 3%: COPY --from=build /lib /lib 2 MB, COPY . . 300 kB"}},
		"growth of nothing": {limits(t, Flags{MaxGrowth: "0%"}, ""), alone, nil},
		"the waste":         {limits(t, Flags{MaxWasted: "1MB"}, ""), f, []string{"3 MB of the image are wasted, 2 MB more than --max-wasted 1MB: COPY b 2 MB, RUN a 1 MB"}},
		"all of dive": {limits(t, Flags{}, "rules:\n  lowestEfficiency: 0.91\n  highestWastedBytes: 3999999\n  highestUserWastedPercent: 0.249"), f, []string{
			"the efficiency of the image is 0.9000, less than lowestEfficiency 0.91 in .dive-ci: /b 4 MB",
			"4 MB of the image are in several layers, more than highestWastedBytes 3999999 in .dive-ci: /b 4 MB",
			"0.2500 of what stands on the lowest layer is in several layers, more than highestUserWastedPercent 0.249 in .dive-ci: /b 4 MB"}},
	} {
		over, err := c.limits.Exceeded(c.f)
		var got []string
		for _, w := range over {
			if w.Code != event.CodeOverBudget || w.Over == nil || w.Key != w.Over.Rule {
				t.Errorf("%s: %+v", name, w)
			}
			got = append(got, w.Message)
		}
		if diff := cmp.Diff(c.want, got); diff != "" || err != nil {
			t.Error(name, diff, err)
		}
	}
}

// TestWhatCanNotBeCheckedDoesNotHold, and what can be is checked beside it.
func TestWhatCanNotBeCheckedDoesNotHold(t *testing.T) {
	over, err := limits(t, Flags{MaxSize: "1", MaxWasted: "1MB"}, "rules:").Exceeded(Figures{Bytes: 2, Layers: 1})
	if err == nil || !strings.Contains(err.Error(), "--max-wasted and .dive-ci") || len(over) != 1 {
		t.Errorf("got %v, %+v", err, over)
	}
}

// TestRatiosThatAreNoNumbers: of nothing on the lowest layer dive calls no waste no excess, and any waste one. A line of the
// stream can't hold what is infinite.
func TestRatiosThatAreNoNumbers(t *testing.T) {
	l := limits(t, Flags{}, "rules:")
	if over, err := l.Exceeded(Figures{Dive: &Efficiency{Score: 1, WastedOfUser: math.NaN()}}); len(over) > 0 || err != nil {
		t.Errorf("got %+v, %v", over, err)
	}
	over, err := l.Exceeded(Figures{Dive: &Efficiency{Score: 1, WastedOfUser: math.Inf(1)}})
	if len(over) != 1 || err != nil {
		t.Fatalf("got %+v, %v", over, err)
	}
	if _, err := event.Encode(event.Event{Body: over[0]}); err != nil {
		t.Error(err)
	}
}
