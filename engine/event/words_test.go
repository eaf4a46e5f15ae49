package event

import (
	"go/ast"
	"go/parser"
	"go/token"
	"reflect"
	"strconv"
	"strings"
	"testing"
	"time"
)

// full has every field set.
var full = Reason{Kind: ReasonPath, Path: "a/b.py", Context: "lib", Change: Renamed, From: "a/c.py", Count: 1, Line: 4, Was: "ENV A=1", Now: "ENV A=2", Names: []string{"A"},
	Step: &StepID{Stage: "build", Index: 2}, Total: 6, Build: 3, Since: time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC), Also: &Reason{Kind: ReasonRequest}}

func TestReasonWords(t *testing.T) {
	step := &StepID{Stage: "build", Index: 4}
	at := time.Date(2026, 11, 1, 12, 0, 0, 0, time.Local)
	worded := map[ReasonKind]bool{}
	for _, tt := range []struct {
		reason Reason
		want   string
	}{
		{Reason{Kind: ReasonFirstBuild}, "first build"},
		{Reason{Kind: ReasonFirstBuild, Since: at}, "first build; last built 1 Nov 12:00"},
		{Reason{Kind: ReasonRequest}, "on request"},
		{Reason{Kind: ReasonNothing, Since: at}, "nothing changed since 1 Nov 12:00"},
		{Reason{Kind: ReasonEdit, Path: "Dockerfile", Line: 4, Was: "ENV A=1", Now: "ENV  A=2"}, "Dockerfile:4 was ENV A=1, is ENV A=2"},
		{Reason{Kind: ReasonEdit, Path: "Dockerfile", Line: 4, Now: "ENV A=2", Count: 3}, "Dockerfile:4 is new: ENV A=2, and 2 edits more"},
		{Reason{Kind: ReasonEdit, Line: 4, Was: "ENV A=1", Now: "ENV A=2"}, "line 4 was ENV A=1, is ENV A=2"},
		{Reason{Kind: ReasonEdit, Line: 4, Was: "ENV A=1"}, "ENV A=1 was removed"},
		{Reason{Kind: ReasonEdit, Path: "Dockerfile", Was: "ENV A=1", Also: &Reason{Kind: ReasonPath, Path: "a.py", Count: 2}}, "Dockerfile: ENV A=1 was removed; a.py and 1 more changed"},
		{Reason{Kind: ReasonDockerfile}, "the Dockerfile changed"},
		{Reason{Kind: ReasonDockerfile, Path: "web.dockerfile", Also: &Reason{Kind: ReasonPath, Path: "a.py"}}, "web.dockerfile changed, but none of its instructions; a.py changed"},
		{Reason{Kind: ReasonRules, Path: ".dockerignore", Count: 2}, ".dockerignore changed, which lets in or keeps out 2 paths"},
		{Reason{Kind: ReasonImage, Names: []string{"python:3.9-slim", "redis"}}, "python:3.9-slim, redis is another image now"},
		{Reason{Kind: ReasonEngineBack}, "the engine is back"},
		{Reason{Kind: ReasonService, Names: []string{"base"}}, "reads the image of base, which may be built anew"},
		{Reason{Kind: ReasonImageGone}, "its image was removed from the engine"},
		{Reason{Kind: ReasonReadable}, "what could not be read can be read now"},
		{Reason{Kind: ReasonNoCache}, "the build does not use the cache"},
		{Reason{Kind: ReasonPath, Path: "a/b.py", Change: ContentChanged, Count: 1}, "a/b.py changed"},
		{Reason{Kind: ReasonPath, Path: "a/b.py", Change: ModeChanged, Count: 1, Since: at}, "a/b.py changed its mode since 1 Nov 12:00"},
		{Reason{Kind: ReasonPath, Path: "b.py", Context: "lib", Change: Added, Count: 1}, "lib:b.py was added"},
		{Reason{Kind: ReasonPath, Path: "b.py", Change: Deleted, Count: 1}, "b.py was deleted"},
		{Reason{Kind: ReasonPath, Path: "b.py", Context: "lib", From: "a.py", Change: Renamed, Count: 1}, "lib:a.py is lib:b.py now"},
		{Reason{Kind: ReasonPath, Path: "b.py", Change: Deleted, Count: 4}, "b.py and 3 more changed"},
		{Reason{Kind: ReasonTouched}, "reruns when any file of its context was touched"},
		{Reason{Kind: ReasonInstruction, Was: "RUN\n a", Now: "RUN b"}, "Dockerfile changed: was RUN a"},
		{Reason{Kind: ReasonNew}, "new in the Dockerfile"},
		{Reason{Kind: ReasonBase, Was: "alpine", Now: "debian"}, "base was alpine"},
		{Reason{Kind: ReasonBaseImage}, "base image changed"},
		{Reason{Kind: ReasonBaseImage, Names: []string{"PATH"}}, "base image changed: PATH"},
		{Reason{Kind: ReasonArgument, Names: []string{"A", "B"}}, "build argument changed: A, B"},
		{Reason{Kind: ReasonOption, Names: []string{"--target", "--build-context lib"}}, "build option changed: --target, --build-context lib"},
		{Reason{Kind: ReasonFrontend, Was: "RUN x"}, "the Dockerfile's frontend makes another step of it: was RUN x"},
		{Reason{Kind: ReasonRemade}, "made in another way than before"},
		{Reason{Kind: ReasonStepNoCache}, "set not to use the cache"},
		{Reason{Kind: ReasonAfter, Step: step, Total: 6}, "after build 4/6"},
		{Reason{Kind: ReasonAfter, Names: []string{"alpine"}}, "after alpine"},
		{Reason{Kind: ReasonAfter}, "after an inner step"},
		{Reason{Kind: ReasonReads, Step: step, Total: 6}, "reads from build 4/6"},
		{Reason{Kind: ReasonFetched}, "after what it fetches"},
		{Reason{Kind: ReasonNotNeeded}, "not needed before: there may be a result of an earlier build"},
		{Reason{Kind: ReasonEngine}, "depends on the engine: COPY --link follows the step before it only where the engine's BuildKit has no MergeOp"},
		{Reason{Kind: ReasonUnasked, Names: []string{"docker/dockerfile:1"}}, "no engine answers that could run the frontend docker/dockerfile:1"},
		{Reason{Kind: ReasonMerged, Step: step}, "merged with build 4"},
		{Reason{Kind: ReasonStarted, Build: 2}, "started by build #2"},
		{Reason{Kind: ReasonHandedOn, Build: 3}, "build #3 goes on with it"},
		{Reason{Kind: "of a newer version"}, ""},
		{Reason{}, ""},
	} {
		worded[tt.reason.Kind] = true
		if got := tt.reason.String(); got != tt.want {
			t.Errorf("%+v\n got %q\nwant %q", tt.reason, got, tt.want)
		}
	}
	for name, kind := range constants(t, "reason.go", "ReasonKind") {
		if !worded[ReasonKind(kind)] {
			t.Errorf("no case for %s", name)
		}
	}
}

// constants reads the string constants of a type out of the package's own source, by name.
func constants(t *testing.T, file, typ string) map[string]string {
	t.Helper()
	parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]string{}
	ast.Inspect(parsed, func(n ast.Node) bool {
		if v, ok := n.(*ast.ValueSpec); ok && len(v.Values) == 1 {
			if id, ok := v.Type.(*ast.Ident); ok && id.Name == typ {
				found[v.Names[0].Name], _ = strconv.Unquote(v.Values[0].(*ast.BasicLit).Value)
			}
		}
		return true
	})
	if len(found) == 0 {
		t.Fatalf("%s has no constants of type %s", file, typ)
	}
	return found
}

func TestReasonBrief(t *testing.T) {
	for _, tt := range []struct{ reason, want string }{
		{Reason{Kind: ReasonPath, Path: "a/b.py", Change: Added}.Brief(), "b.py was added"},
		{Reason{Kind: ReasonPath, Path: "a/b.py", Context: "lib", Count: 2}.Brief(), "lib:b.py and 1 more changed"},
		{Reason{Kind: ReasonPath, Path: "a/b.py", From: "c/b.py", Change: Renamed}.Brief(), "c/b.py is a/b.py now"},
		{Reason{Kind: ReasonInstruction, Was: "COPY a/b c/d"}.Brief(), "Dockerfile changed: was COPY a/b c/d"},
	} {
		if tt.reason != tt.want {
			t.Errorf("got %q, want %q", tt.reason, tt.want)
		}
	}
}

// TestReasonEqual changes each field in turn: a new one that Equal or Map forgets is found.
func TestReasonEqual(t *testing.T) {
	same := full.Map(func(s string) string { return s })
	if !full.Equal(same) || !reflect.DeepEqual(full, same) {
		t.Errorf("%+v is not %+v", full, same)
	}
	for f := range reflect.TypeFor[Reason]().Fields() {
		other := full
		v := reflect.ValueOf(&other).Elem().FieldByIndex(f.Index)
		v.SetZero()
		if full.Equal(other) || other.Equal(full) {
			t.Errorf("%s makes no difference", f.Name)
		}
	}
}

func TestReasonMap(t *testing.T) {
	upper := full.Map(strings.ToUpper)
	if upper.Path != "A/B.PY" || upper.Names[0] != "A" || full.Names[0] != "A" {
		t.Errorf("%+v of %+v", upper, full)
	}
	var texts func(v reflect.Value)
	texts = func(v reflect.Value) {
		switch v.Kind() {
		case reflect.String:
			if s := v.String(); s != strings.ToUpper(s) {
				t.Errorf("%q was left as it is", s)
			}
		case reflect.Struct:
			if v.Type() == reflect.TypeFor[time.Time]() {
				return
			}
			for i := range v.NumField() {
				texts(v.Field(i))
			}
		case reflect.Pointer:
			if !v.IsNil() {
				texts(v.Elem())
			}
		case reflect.Slice:
			for i := range v.Len() {
				texts(v.Index(i))
			}
		}
	}
	texts(reflect.ValueOf(upper))
	if full.Step.Stage != "build" {
		t.Errorf("the step of the original is %v", full.Step)
	}
}

func TestEditNamesOnlyWhatDiffers(t *testing.T) {
	long := "RUN apt-get update && apt-get install --no-install-recommends -y ca-certificates "
	want := "Dockerfile:3 was RUN … ca-certificates curl, is RUN … ca-certificates wget"
	if got := (Edit{Line: 3, Was: long + "curl", Now: long + "wget"}).In("Dockerfile"); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestSkippedWhy(t *testing.T) {
	for _, tt := range []struct {
		skipped Skipped
		want    string
	}{
		{Skipped{Reason: Ignored, Rule: "*.pyc"}, "ignored by *.pyc"},
		{Skipped{Reason: Ignored}, "ignored"},
		{Skipped{Reason: Unchanged}, "its content is the same as before"},
		{Skipped{Reason: Unused}, "no step of the target reads it"},
	} {
		if got := tt.skipped.Why(); got != tt.want {
			t.Errorf("%+v: %q, want %q", tt.skipped, got, tt.want)
		}
	}
}

func TestStateAndPredictionWords(t *testing.T) {
	for state, want := range map[State]string{Running: "running", Hit: "HIT", Ran: "RAN", Fail: "FAILED", Skip: "SKIPPED", Canceled: "CANCELED", "newer": "newer", "": ""} {
		if got := state.Word(); got != want {
			t.Errorf("%q is %q, want %q", state, got, want)
		}
	}
	for prediction, want := range map[Prediction]string{WillHit: "will hit", WillRerun: "will run", MayRerun: "may run", "": ""} {
		if got := prediction.Word(); got != want {
			t.Errorf("%q is %q, want %q", prediction, got, want)
		}
	}
}
