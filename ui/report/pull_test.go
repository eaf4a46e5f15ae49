package report

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/stagewatch/stagewatch/engine/event"
)

// once returns a session of one build with these layers, whose second step has a state.
func once(install string, state event.State, because string, layers ...event.Layer) []event.Event {
	size := event.StageSize{Stage: "final", Layers: layers}
	for _, l := range layers {
		size.Bytes += l.Bytes
	}
	steps := []event.PlannedStep{{Stage: "final", Index: 1, Total: 2, Instruction: "FROM alpine"}, {Stage: "final", Index: 2, Total: 2, Instruction: install}}
	var events []event.Event
	for _, b := range []event.Body{
		event.Planned{Target: "final", Stages: []event.PlannedStage{{Name: "final", Needed: true}}, Steps: steps},
		event.Step{Stage: "final", Index: 1, Total: 2, Instruction: "FROM alpine", State: event.Hit},
		event.Step{Stage: "final", Index: 2, Total: 2, Instruction: install, State: state, MS: 7200, Because: because},
		event.Built{Target: "final", Tag: "app:latest", Ran: 1, Hits: 1},
		event.Sized{After: size, Basis: "uncompressed layers"},
	} {
		events = append(events, event.Event{Build: 1, Body: b})
	}
	return events
}

func TestPullRequest(t *testing.T) {
	const install = "RUN pip install -r requirements.txt"
	bottom := []event.Layer{{Bytes: 40_000_000, CreatedBy: "ADD x", Base: true}, {Bytes: 1_000_000, CreatedBy: "RUN y", Base: true}}
	layers := func(bytes int64, by string) []event.Layer {
		return append(bottom[:2:2], event.Layer{Bytes: bytes, CreatedBy: by})
	}
	base := New(once(install, event.Hit, "", layers(10_000_000, install)...))
	grown := once(install, event.Ran, "requirements.txt changed", layers(12_000_000, install)...)
	over := event.Warning{Code: event.CodeOverBudget, Key: "max-size", Message: "the image has 53 MB, 1 MB more than --max-size 52MB"}
	grown = append(grown, event.Event{Build: 1, Body: over}, event.Event{Build: 1, Body: event.Warning{Code: "other", Message: "no business of it"}})
	const pip = "RUN pip install --no-cache-dir -r requirements.txt"
	for name, c := range map[string]struct {
		events []event.Event
		base   *Report
		want   string
	}{
		"grown": {grown, base, "### `app`: 51 MB → 53 MB (+2 MB, +4 %)\n\n" +
			"| step | base | here |  |\n|---|--:|--:|--:|\n| `RUN pip install -r requirements.txt` | 10 MB | 12 MB | +2 MB |\n\n" +
			"**Steps that were not in the cache**\n\n- `final 2/2` `RUN pip install -r requirements.txt` ran in 7.2s: requirements.txt changed\n\n" +
			"**Over its budget**\n\n- the image has 53 MB, 1 MB more than --max-size 52MB\n\n"},
		"a new step": {once(pip, event.Ran, "", layers(9_000_000, pip)...), base, "### `app`: 51 MB → 50 MB (−1 MB, −2 %)\n\n" +
			"| step | base | here |  |\n|---|--:|--:|--:|\n| `" + pip + "` | – | 9 MB | +9 MB |\n| `" + install + "` | 10 MB | – | −10 MB |\n\n" +
			"**Steps that were not in the cache**\n\n- `final 2/2` `" + pip + "` ran in 7.2s, is new\n\n"},
		"as before": {once(install, event.Hit, "", layers(10_000_000, install)...), base, "### `app`: 51 MB, as before\n\nEvery step came from the cache.\n\n"},
		"no base":   {once(install, event.Hit, "", layers(10_000_000, install)...), nil, "### `app`: 51 MB\n\nEvery step came from the cache.\n\n"},
		"no build":  {nil, base, "### `stagewatch`\n\nNo build succeeded.\n\n"},
	} {
		var got strings.Builder
		if err := New(c.events).PullRequest(&got, c.base); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(c.want, got.String()); diff != "" {
			t.Error(name, diff)
		}
	}
}
