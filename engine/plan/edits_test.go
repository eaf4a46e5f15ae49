package plan

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/stagewatch/stagewatch/engine/event"
)

// TestEdits: edited instructions are found, whatever their layout.
func TestEdits(t *testing.T) {
	for _, tt := range []struct {
		name, before, after string
		want                []event.Edit
	}{
		{name: "nothing", before: "FROM a\n", after: "FROM a\n"},
		{name: "comments and line breaks", before: "FROM a\nRUN x && y\n", after: "# why\nFROM a\n\nRUN x \\\n&& y\n"},
		{name: "one in another's place", before: "FROM a AS Build\nCOPY x /\nRUN one\n", after: "FROM a AS Build\nCOPY x /\nRUN two\n",
			want: []event.Edit{{Stage: "build", Line: 3, Was: "RUN one", Now: "RUN two"}}},
		{name: "new, gone, and other settings", before: "ARG V=1\nFROM a\nRUN one\nRUN two\nCMD x\n", after: "ARG V=2\nFROM a\nRUN two\nLABEL l=1\nCMD y\n",
			want: []event.Edit{
				{Line: 1, Was: "ARG V=1", Now: "ARG V=2"},
				{Stage: "stage-0", Line: 3, Was: "RUN one"},
				{Stage: "stage-0", Line: 4, Now: "LABEL l=1"},
				{Stage: "stage-0", Line: 5, Was: "CMD x", Now: "CMD y"},
			}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			before, after := mustPlan(t, tt.before, nil), mustPlan(t, tt.after, nil)
			if diff := cmp.Diff(tt.want, after.Edits(before)); diff != "" {
				t.Error(diff)
			}
			if diff := cmp.Diff(tt.want, after.Edits(Recall(before.Remember()))); diff != "" {
				t.Errorf("in a later session: %s", diff)
			}
		})
	}
}

// TestBuildArguments: an argument with another value is named, and its value is not kept.
func TestBuildArguments(t *testing.T) {
	file := "FROM a\nARG TOKEN\nRUN fetch\nARG DIR=x\nCOPY $DIR /d\n"
	before := mustPlan(t, file, map[string]string{"build-arg:TOKEN": "secret-1"})
	after := mustPlan(t, file, map[string]string{"build-arg:TOKEN": "secret-2", "build-arg:DIR": "y"})
	want := `stage-0 1/3 :1 hit
stage-0 2/3 :3 rerun: build argument changed: TOKEN
stage-0 3/3 :5 rerun: after stage-0 2/3
`
	if diff := cmp.Diff(want, show(after, after.Predict(Recall(before.Remember()), nil, nil))); diff != "" {
		t.Error(diff)
	}
	after = mustPlan(t, file, map[string]string{"build-arg:TOKEN": "secret-1", "build-arg:DIR": "y"})
	want = `stage-0 1/3 :1 hit
stage-0 2/3 :3 hit
stage-0 3/3 :5 rerun: build argument changed: DIR
`
	if diff := cmp.Diff(want, show(after, after.Predict(before, nil, nil))); diff != "" {
		t.Error(diff)
	}
}

// TestValuesOfArgumentsGoNowhere: values of build arguments may be tokens, so they appear nowhere.
func TestValuesOfArgumentsGoNowhere(t *testing.T) {
	const file = "ARG TOKEN\nFROM a AS x\nARG TOKEN\nENV COPY=$TOKEN\nRUN curl ${TOKEN}\nADD https://u:$TOKEN@example.org/f /\nWORKDIR /$TOKEN\nCOPY --chown=$TOKEN f /\nRUN <<E\n$TOKEN\nE\nFROM x AS y\nONBUILD COPY $TOKEN /\nFROM y\nCOPY --from=x /${COPY} /\n"
	in := func(token string, show bool) Input {
		return Input{Dockerfile: []byte(file), Filename: "Dockerfile", Attrs: map[string]string{"build-arg:TOKEN": token}, ShowValues: show}
	}
	before, err := New(t.Context(), in("hush1", false), Offline{})
	if err != nil {
		t.Fatal(err)
	}
	p, err := New(t.Context(), in("hush2", false), Offline{})
	if err != nil {
		t.Fatal(err)
	}
	shown, err := New(t.Context(), in("hush2", true), Offline{})
	if err != nil {
		t.Fatal(err)
	}
	memory, err := json.Marshal([]Memory{before.Remember(), p.Remember(), shown.Remember()})
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{"steps": stepList(p), "predictions": show(p, p.Predict(before, nil, nil)), "later predictions": show(p, p.Predict(Recall(before.Remember()), nil, nil)), "memory": string(memory)} {
		if strings.Contains(text, "hush") {
			t.Errorf("%s: %s", name, text)
		}
	}
	if n := strings.Count(stepList(shown), "hush2"); n != 7 {
		t.Errorf("%d values are shown where they were asked for:\n%s", n, stepList(shown))
	}
	if !strings.Contains(show(p, p.Predict(before, nil, nil)), ": build argument changed: TOKEN\n") {
		t.Error("the argument is not named:", show(p, p.Predict(before, nil, nil)))
	}
}
