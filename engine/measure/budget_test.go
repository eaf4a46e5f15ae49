package measure

import (
	"context"
	"errors"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/stagewatch/stagewatch/engine/budget"
	"github.com/stagewatch/stagewatch/engine/event"
	"github.com/stagewatch/stagewatch/engine/image"
	"github.com/stagewatch/stagewatch/engine/past"
	"github.com/stagewatch/stagewatch/engine/plan"
)

// sizes are two measurements of an image, of which the second step makes the difference.
func sized(bytes int64) event.Sized {
	id := event.StepID{Stage: "stage-0", Index: 2}
	return event.Sized{After: event.StageSize{Stage: "stage-0", Bytes: 1000 + bytes, Layers: []event.Layer{
		{Bytes: 1000, CreatedBy: "x", Base: true}, {Bytes: bytes, CreatedBy: "COPY . .", Step: id}}}}
}

func measured(t *testing.T) Measured {
	t.Helper()
	p, err := plan.New(t.Context(), plan.Input{Dockerfile: []byte("FROM alpine\nCOPY . .\n"), Filename: "Dockerfile"}, plan.Offline{})
	if err != nil {
		t.Fatal(err)
	}
	return Measured{After: p, AfterImage: "sha256:1"}
}

// codes are the warnings of a verdict, in short.
func codes(warnings []event.Warning) (out []string) {
	for _, w := range warnings {
		out = append(out, w.Code+" "+w.Key)
	}
	return out
}

// TestABudgetIsQuietWhileItHolds, and says what exceeds it once, and again when the figure changes.
func TestABudgetIsQuietWhileItHolds(t *testing.T) {
	limits, err := budget.Parse(budget.Flags{MaxSize: "1200B", MaxWasted: "10B"})
	if err != nil {
		t.Fatal(err)
	}
	b, m := NewBudget(limits, nil, ""), measured(t)
	waste := []event.Waste{
		{Stage: "stage-0", Instruction: "COPY . .", Reason: event.OverwrittenLater, Bytes: 11},
		{Stage: "stage-0", Instruction: "FROM alpine", Reason: event.InBase, Bytes: 500},
		{Stage: "stage-0", Instruction: "RUN true", Reason: event.FreedNothing, Bytes: 500},
		{Stage: "build", Instruction: "RUN x", Reason: event.DeletedLater, Bytes: 500},
	}
	for _, turn := range []struct {
		bytes      int64
		waste      []event.Waste
		over, news []string
	}{
		{bytes: 100},
		{bytes: 300, over: []string{"over-budget max-size"}, news: []string{"over-budget max-size"}},
		{bytes: 300, over: []string{"over-budget max-size"}},
		{bytes: 3000, over: []string{"over-budget max-size"}, news: []string{"over-budget max-size"}},
		{bytes: 200},
		{bytes: 200, waste: waste[1:]},
		{bytes: 200, waste: waste, over: []string{"over-budget max-wasted"}, news: []string{"over-budget max-wasted"}},
		{bytes: 3000, over: []string{"over-budget max-size"}, news: []string{"over-budget max-size"}},
	} {
		v := b.judge(m, sized(turn.bytes), &event.Ledger{Wasted: turn.waste}, nil, nil)
		if diff := cmp.Diff([][]string{turn.over, turn.news}, [][]string{codes(v.Over), codes(v.News)}); diff != "" || v.Err != nil {
			t.Errorf("%d bytes: %s %v", turn.bytes, diff, v.Err)
		}
	}
	if v := b.judge(m, sized(1), nil, nil, nil); v.Err == nil {
		t.Error("without a ledger it is not known what is wasted, and the limit holds")
	}
}

// TestGrowthIsMeasuredAgainstTheSessionBefore: what a session builds itself does not move the mark, and what is over its
// budget is not kept for the next.
func TestGrowthIsMeasuredAgainstTheSessionBefore(t *testing.T) {
	limits, err := budget.Parse(budget.Flags{MaxGrowth: "10%"})
	if err != nil {
		t.Fatal(err)
	}
	file, m := filepath.Join(t.TempDir(), "size.json"), measured(t)
	session := func(turns ...int64) (news []string) {
		t.Helper()
		b := NewBudget(limits, nil, file)
		for _, bytes := range turns {
			v := b.judge(m, sized(bytes), nil, nil, nil)
			news = append(news, codes(v.News)...)
			if v.keep == nil {
				continue
			}
			if err := v.keep.Save(file); err != nil {
				t.Fatal(err)
			}
		}
		return news
	}
	if diff := cmp.Diff([]string{"not-compared max-growth"}, session(0, 60, 100)); diff != "" {
		t.Error("the first session:", diff)
	}
	if got := past.LoadSize(file); got == nil || got.Bytes != 1100 || got.Of("stage-0", "COPY . .") != 100 || got.Of("", "FROM alpine") != 1000 || got.Of("stage-0", "RUN x") >= 0 {
		t.Fatalf("kept %+v", got)
	}
	if diff := cmp.Diff([]string{"over-budget max-growth"}, session(200, 220)); diff != "" {
		t.Error("the second session:", diff)
	}
	if got := past.LoadSize(file); got.Bytes != 1200 {
		t.Errorf("kept %d bytes, and what was over its budget had 1220", got.Bytes)
	}
}

// unreadable is a store whose images can't be read.
type unreadable struct{}

func (unreadable) Efficiency(context.Context, string) (image.Efficiency, error) {
	return image.Efficiency{}, errors.New("no space left on device")
}

// TestWhatDiveWouldSayIsNotKnown: then its rules do not hold.
func TestWhatDiveWouldSayIsNotKnown(t *testing.T) {
	rules, err := budget.ParseDive(".dive-ci", nil)
	if err != nil {
		t.Fatal(err)
	}
	b, m := NewBudget(budget.Limits{Dive: rules}, unreadable{}, ""), measured(t)
	dive, unread := b.read(t.Context(), m)
	if v := b.judge(m, sized(1), &event.Ledger{}, dive, unread); v.Err == nil || v.Err.Error() != "checking .dive-ci: no space left on device" || v.keep != nil {
		t.Errorf("got %+v", v)
	}
}
