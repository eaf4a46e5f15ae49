package main

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/stagewatch/stagewatch/engine/event"
)

// promised are the fields that every line of a type has: other programs rely on them.
var promised = map[string]string{
	"engine":    "name version api builder store",
	"changed":   "paths",
	"skipped":   "paths reason",
	"planned":   "paths target stages steps",
	"step":      "stage index total instruction line state ms",
	"output":    "stage index stream text",
	"built":     "target image ms hits ran",
	"failed":    "stage index line instruction message",
	"abandoned": "reason ms",
	"sized":     "before after ratio delta basis",
	"ledger":    "carried left",
	"files":     "stages",
	"compared":  "target against difference groups shared_layers shared_bytes bandwidth",
	"warning":   "code message",
	"serving":   "url container image ms edits_behind",
	"waiting":   "container for",
	"draining":  "container requests within_ms",
	"stale":     "serving_build edits_behind reason",
	"log":       "container stream text",
	"stopped":   "container exit_code reason",
	"watching":  "on mode",
	"answer":    "id result serving_build edits_behind",
	"check":     "stage state gate ms",
	"companion": "state",
}

// ofABuild are the types whose lines always name their build. What `stagewatch plan` plans is none.
const ofABuild = "step output built failed abandoned sized ledger compared files serving waiting draining check"

func contract(ts *testscript.TestScript, _ bool, args []string) {
	text := strings.TrimSuffix(ts.ReadFile(args[0]), "\n")
	if text == "" {
		ts.Fatalf("%s is empty", args[0])
	}
	var before time.Time
	for i, line := range strings.Split(text, "\n") {
		bad := func(format string, a ...any) {
			ts.Fatalf("%s:%d: %s\n%.300s", args[0], i+1, fmt.Sprintf(format, a...), line)
		}
		e, err := event.Decode([]byte(line))
		if err != nil {
			bad("%v", err)
		}
		var fields map[string]json.RawMessage
		ts.Check(json.Unmarshal([]byte(line), &fields))
		kind := e.Body.Kind()
		for _, name := range strings.Fields("v time type " + promised[kind]) {
			if _, ok := fields[name]; !ok {
				bad("a line of type %s lacks %q", kind, name)
			}
		}
		for _, name := range strings.Fields(promised[kind]) {
			if string(fields[name]) == "null" {
				bad("%q is null", name)
			}
		}
		if has := e.Build > 0; !has && strings.Contains(" "+ofABuild+" ", " "+kind+" ") {
			bad("a line of type %s names no build", kind)
		}
		if e.Time.Before(before) {
			bad("it happened before the line above")
		}
		before = e.Time
		if s, ok := e.Body.(event.Sized); ok {
			for _, size := range []event.StageSize{s.Before, s.After} {
				sum := int64(0)
				for _, l := range size.Layers {
					sum += l.Bytes
				}
				if sum != size.Bytes {
					bad("the layers of %s have %d bytes in all, not %d", size.Stage, sum, size.Bytes)
				}
			}
		}
	}
}

// steps compares what became of a build's steps with STAGE:STATE,STATE… in the order of the Dockerfile.
// "steps out.json 2 build:hit,ran stage-1:hit,ran" leaves no step unmentioned.
func steps(ts *testscript.TestScript, _ bool, args []string) {
	states := map[string]event.State{}
	count := map[string]int{}
	for line := range strings.Lines(ts.ReadFile(args[0])) {
		if !strings.HasSuffix(line, "\n") {
			break // it is being written
		}
		e, err := event.Decode([]byte(line))
		ts.Check(err)
		if s, ok := e.Body.(event.Step); ok && strconv.Itoa(e.Build) == args[1] {
			states[fmt.Sprintf("%s %d", s.Stage, s.Index)] = s.State
			count[s.Stage] = s.Total
		}
	}
	for _, want := range args[2:] {
		stage, list, _ := strings.Cut(want, ":")
		var got []string
		for i := range count[stage] {
			got = append(got, string(states[fmt.Sprintf("%s %d", stage, i+1)]))
		}
		if strings.Join(got, ",") != list {
			ts.Fatalf("build %s, stage %s: got %s, want %s", args[1], stage, strings.Join(got, ","), list)
		}
		delete(count, stage)
	}
	if len(count) > 0 {
		ts.Fatalf("build %s: stages that nobody expected: %v", args[1], count)
	}
}
