package present

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/stagewatch/stagewatch/engine/event"
	"github.com/stagewatch/stagewatch/ui/draw"
	"github.com/stagewatch/stagewatch/ui/replay"
	"github.com/stagewatch/stagewatch/ui/story"
)

// viewOf returns the view of a story after the first event that until wants.
func viewOf(t *testing.T, name string, until func(event.Event) bool) View {
	t.Helper()
	f, err := os.Open(filepath.Join("..", "testdata", "stories", name+".jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	events, err := replay.Read(f)
	if err != nil {
		t.Fatal(err)
	}
	v := View{Story: story.New(100), Folded: map[string]bool{}, Keys: Keys{Open: "enter", Restart: "r", Logs: "4"}}
	for _, e := range events {
		v.Story.Apply(e)
		v.Now = e.Time
		if until(e) {
			return v
		}
	}
	t.Fatal("the story has no such event")
	return v
}

func of(kind string, build int) func(event.Event) bool {
	return func(e event.Event) bool { return e.Body.Kind() == kind && e.Build == build }
}

func text(rows []Row) string {
	var out strings.Builder
	for _, r := range rows {
		out.WriteString(r.Text() + "\n")
	}
	return out.String()
}

// TestStagesGoByTheWidth: reasons and sizes stand beside the steps where there is room, and a folded stage is one row.
func TestStagesGoByTheWidth(t *testing.T) {
	v := viewOf(t, "python-app", of("sized", 2))
	for width, want := range map[int][2]bool{ReasonsWidth - 1: {false, false}, ReasonsWidth: {true, false}, sizeWidth: {true, true}} {
		got := text(Stages(v, width))
		if strings.Contains(got, "← ") != want[0] || strings.Contains(got, " kB ") != want[1] {
			t.Errorf("at %d columns, reasons and sizes %v:\n%s", width, want, got)
		}
	}
	all := len(Stages(v, 80))
	st := v.Shown().Stages[0]
	v.Folded[FoldName(st)] = true
	if n := len(Stages(v, 80)); n != all-len(st.Steps)+1 {
		t.Errorf("%d rows, folded %d", all, n)
	}
}

// TestTheSummaryShrinks: it says less on a narrower screen, and always which build it is about.
func TestTheSummaryShrinks(t *testing.T) {
	v := viewOf(t, "python-app", of("ledger", 2))
	last := 0
	for width := 20; width <= 120; width++ {
		line := Summary(v, width)
		if n := line.Width(); n < last || n > max(width, Summary(v, 20).Width()) {
			t.Errorf("%d columns at a width of %d, %d before", n, width, last)
		} else {
			last = n
		}
		if !strings.HasPrefix(line.Text(), "build #2 · ") {
			t.Errorf("at %d: %s", width, line.Text())
		}
	}
}

// TestAFailureFitsItsPage: the output gives way, and the line that says what went wrong stays.
func TestAFailureFitsItsPage(t *testing.T) {
	v := viewOf(t, "python-app", func(e event.Event) bool { return e.Body.Kind() == "failed" })
	b := v.Shown()
	for height := lowHeight; height <= 40; height++ {
		rows := Failure(v, b, 100, height)
		if !strings.Contains(text(rows), b.ErrorLine()) {
			t.Errorf("%d lines do not say %q:\n%s", height, b.ErrorLine(), text(rows))
		}
		if height >= 30 && len(rows) > height {
			t.Errorf("%d rows on a page of %d", len(rows), height)
		}
	}
}

// TestAStepThatFailedAddsNothing: the size that it had in an older build is not shown as its own. A hit has that size.
func TestAStepThatFailedAddsNothing(t *testing.T) {
	v := viewOf(t, "python-app", func(e event.Event) bool { return e.Body.Kind() == "failed" })
	b := v.Shown()
	b.Steps(func(s *story.Step) {
		adds := strings.Contains(text(Step(v, b, s, 80)), "adds ")
		if adds != (s.State == event.Hit && s.Index > 1) {
			t.Errorf("%s, %s, says what it adds: %t", s.Name(), s.State, adds)
		}
	})
}

// TestNothingIsChanged: what only lays out leaves the story as it is.
func TestNothingIsChanged(t *testing.T) {
	v := viewOf(t, "python-app", of("files", 2))
	b := v.Shown()
	layOut := func() string {
		return text(Stages(v, 100)) + text(Sizes(v, 60)) + text(Layers(v, 60)) + text(Ledger(v, 60)) + text(Changes(v, 60)) + text(Builds(v, 60))
	}
	before := layOut()
	for _, st := range b.Stages {
		for _, s := range st.Steps {
			Step(v, b, s, 80)
		}
	}
	Full(v, 80)
	Warnings(v, 40)
	Skips(v, 40)
	BuildOutput(v, 40, true)
	if after := layOut(); after != before {
		t.Errorf("the same view is laid out in another way:\n%s\nbefore:\n%s", after, before)
	}
}

// TestFlow wraps a row: what continues it is its tail, and the right side stays on the first line.
func TestFlow(t *testing.T) {
	r := Row{Left: draw.Line{}.Add(draw.Plain, "one two three four"), Right: draw.Line{}.Add(draw.Dim, "5 kB"), Ref: 1, Hang: 2}
	rows := Flow([]Row{r, {Left: draw.Line{}.Add(draw.Plain, "next")}}, 14)
	var got []string
	for _, r := range rows {
		got = append(got, r.Text())
	}
	if want := []string{"one two 5 kB", "  three", "  four", "next"}; !reflect.DeepEqual(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
	if Head(rows, 2) != 0 || Last(rows, 0) != 2 || Head(rows, 3) != 3 || Whole(rows, 0) != "one two 5 kB three four" {
		t.Errorf("head %d, last %d, whole %q", Head(rows, 2), Last(rows, 0), Whole(rows, 0))
	}
}
