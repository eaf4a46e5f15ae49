package redact

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/stagewatch/stagewatch/engine/event"
	"github.com/stagewatch/stagewatch/engine/fault"
)

func TestValuesAreHidden(t *testing.T) {
	const dockerfile = "FROM python:3.9-slim\nARG A\nRUN make production $A\n"
	for name, tt := range map[string]struct{ value, text, want string }{
		"wherever it stands":           {"s3cr3t-4711", "xs3cr3t-4711/y s3cr3t-4711", "x$A/y $A"},
		"right before a letter":        {"s3cr3t-4711", "s3cr3t-4711x s3cr3t-4711_", "${A}x ${A}_"},
		"a short one that is a word":   {"v1-x", "img-v1-x:latest av1-x", "img-$A:latest av1-x"},
		"a long word":                  {"correcthorse", "/correcthorse/correcthorses", "/$A/correcthorses"},
		"a short word, which is none":  {"build", "build #3 failed", "build #3 failed"},
		"a version, which is none":     {"3.11.2", "python 3.11.2", "python 3.11.2"},
		"a port, which is none":        {"8080", "waiting for :8080", "waiting for :8080"},
		"too short a one":              {"a-b", "a-b", "a-b"},
		"nothing":                      {"", "anything", "anything"},
		"what the Dockerfile says too": {"production", "no production here", "no production here"},
		"what -t says too":             {"1.2.3-rc.1", "kept: app:1.2.3-rc.1", "kept: app:1.2.3-rc.1"},
		"as it is quoted":              {`s3"cr\et-4711`, `"/s3\"cr\\et-4711": not found`, `"/$A": not found`},
		"as a path has it":             {"./s3cr3t//4711/", `lstat /s3cr3t/4711/x`, `lstat /$A/x`},
		"as a URL has it":              {"s3cr3t 47/11", "http://h/s3cr3t%2047%2F11?s3cr3t+47%2F11", "http://h/$A?$A"},
		"the argument's own name":      {"AAAA-AAAA", "AAAA-AAAA", "$A"},
		"the end of one, and the next": {"ab-ab-ab", "ab-ab-ab-ab-ab-ab", "$A-$A"},
	} {
		t.Run(name, func(t *testing.T) {
			if got := New([]string{"A=" + tt.value}, dockerfile, "app:1.2.3-rc.1").Text(tt.text); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

// TestEventsWithoutValues: all of them but for the fields that stay as they are; and the engine's own data is unchanged.
func TestEventsWithoutValues(t *testing.T) {
	const value = "s3cr3t-4711"
	v := New([]string{"A=" + value, "B=" + value + "-and-more"})
	mine := func() event.Planned {
		return event.Planned{Paths: []string{value}, Because: value + " changed", Stages: []event.PlannedStage{{Base: "img:" + value}},
			Steps: []event.PlannedStep{{Stage: "build", Because: value + " changed", Inputs: []event.Input{{Context: "context", Paths: []string{"x", value + "-and-more"}}}, MergedWith: &event.StepID{Stage: value}}}}
	}
	given := mine()
	want := mine()
	want.Stages[0].Base = "img:$A"
	want.Steps[0].Inputs[0].Paths[1] = "$B"
	want.Steps[0].MergedWith.Stage = "$A"
	if diff := cmp.Diff(event.Body(want), v.Body(given)); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(mine(), given); diff != "" {
		t.Errorf("the engine's own has changed: %s", diff)
	}
	files := v.Body(event.Files{Stages: []event.StageFiles{{Layers: []event.LayerFiles{{Folders: []event.FolderFiles{{Path: "/" + value, Files: map[string]int64{value: 1, "b": 2}}}, Gone: []string{value}}}}}})
	if diff := cmp.Diff(event.Body(event.Files{Stages: []event.StageFiles{{Layers: []event.LayerFiles{{Folders: []event.FolderFiles{{Path: "/$A", Files: map[string]int64{"$A": 1, "b": 2}}}, Gone: []string{"$A"}}}}}}), files); diff != "" {
		t.Error(diff)
	}
	for _, b := range []event.Body{event.Log{Text: value}, event.Output{Text: value}, event.Changed{Paths: []string{value}}, event.Skipped{Paths: []string{value}}} {
		if diff := cmp.Diff(b, v.Body(b)); diff != "" {
			t.Error(diff)
		}
	}
	err := v.Error(&fault.Error{What: "reading " + value, Hint: "hint"})
	var problem *fault.Error
	if err.Error() != "reading $A" || !errors.As(err, &problem) {
		t.Errorf("the error is %v", err)
	}
}
