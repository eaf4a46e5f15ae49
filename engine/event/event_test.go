package event

import (
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"reflect"
	"strings"
	"testing"
	"time"
)

// bodies has one of every body, with every field set, so that a round trip proves every field's tag.
var bodies = []Body{
	Engine{Name: "Docker Engine", Version: "20.10.24", API: "1.41", Builder: "buildkit", Store: "overlay2", Host: "unix:///run/x.sock"},
	Changed{Paths: []string{"app.py"}, Changes: []Change{{Path: "app.py", Kind: Renamed, From: "old.py"}}},
	Skipped{Paths: []string{"a.pyc"}, Reason: Ignored, Rule: "*.pyc", LeftOut: true},
	Planned{Paths: []string{"app.py"}, Target: "final", Because: "app.py changed", Reason: full, Chain: "app.py changed → 1 step",
		Stages: []PlannedStage{{Name: "build", Base: "python:3.9-slim", Line: 1, Needed: true, Replaced: true, From: []string{"base"}}},
		Steps: []PlannedStep{{Stage: "build", Index: 2, Total: 6, Instruction: "COPY . .", Line: 9, Prediction: WillRerun, Because: "app.py changed", Reason: full,
			Inputs: []Input{{Step: StepID{Stage: "build", Index: 1}}, {Context: "context", Paths: []string{"."}}}, WithService: "api"}}},
	Step{Stage: "build", Index: 2, Total: 6, Instruction: "COPY . .", Line: 9, State: Hit, MS: 1, SavedMS: 2, Because: "x", Reason: full, FromBuild: 1},
	Output{Stage: "build", Index: 2, Stream: "stdout", Text: "hello"},
	Built{Target: "final", Image: "sha256:1", Tag: "app:latest", MS: 600, Hits: 5, Ran: 3, SavedMS: 9000, Score: Score{Promised: 1, Held: 2, Maybes: 3, MaybeHits: 4}, Exported: map[string]string{"containerimage.digest": "sha256:1"},
		Shortcuts: []Shortcut{{Step: StepID{Stage: "final", Index: 2}, LeftOut: []StepID{{Stage: "build", Index: 4}}, Aside: []StepID{{Stage: "build", Index: 5}}}}},
	Failed{Stage: "build", Index: 2, Line: 9, Instruction: "RUN false", Message: "exit code: 1", ExitCode: 1, Hint: "look", Excerpt: []ExcerptLine{{Line: 9, Text: "RUN false", Blamed: true}}},
	Abandoned{Reason: "superseded", MS: 12},
	Sized{Before: StageSize{Stage: "build", Bytes: 10, Layers: []Layer{{Bytes: 10, CreatedBy: "x", Base: true, Step: StepID{Stage: "build", Index: 2}}}, StandIn: "Debian"}, After: StageSize{Stage: "final", Bytes: 5, Layers: []Layer{}}, Ratio: 0.5, Delta: -3, BeforeDelta: 4, Basis: "uncompressed layers", Commit: Commit{ID: "1a2b", At: time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC), Changed: true}},
	Ledger{Carried: []LedgerGroup{{Name: "site-packages", Bytes: 5, Paths: []LedgerPath{{Path: "/a", Bytes: 5}}, From: "build", Instruction: "COPY --from=build /a /a", Line: 9}},
		Left: []LedgerGroup{}, BaseBefore: LedgerGroup{Name: "python:3.9-slim", Bytes: 8}, BaseAfter: LedgerGroup{Name: "python:3.9-alpine", Bytes: 3},
		Own: []LedgerGroup{{Name: "RUN true", Bytes: 1}}, Taken: 4, SavedByBase: 5, SavedByCopy: -1,
		Wasted: []Waste{{Stage: "build", Instruction: "RUN x", Line: 3, LostTo: "RUN y", LostLine: 4, Reason: DeletedLater, Bytes: 2, Paths: []LedgerPath{{Path: "/b", Bytes: 2}}}}},
	Compared{Target: ComparedImage{Name: "app:latest", Bytes: 5, Layers: 3, Compressed: 2, CompressedBy: BlobsStored, PullMS: 1, StandIn: "Debian"},
		Against: ComparedImage{Name: "Dockerfile.single", Bytes: 10, Layers: 4, Compressed: 5, CompressedBy: BlobsComputed, PullMS: 2}, Difference: -5,
		Groups: []ComparedGroup{{Name: "base OS", Target: 5, Against: 10}}, SharedLayers: 1, SharedBytes: 2, Bandwidth: 100e6},
	Files{Stages: []StageFiles{{Stage: "build", Layers: []LayerFiles{{Digest: "sha256:1", Step: StepID{Stage: "build", Index: 2}, Instruction: "COPY . .", Line: 9, Bytes: 3, Known: true,
		Folders: []FolderFiles{{Path: "/app", Files: map[string]int64{"app.py": 3}}}, Gone: []string{"/old"}}}}}},
	Warning{Code: CodePortTaken, Message: "m", Paths: []string{"p"}, Hint: "h", Over: &Excess{Rule: "max-size", Figure: 71e6, Limit: 70e6, Parts: []ExcessPart{{Name: "COPY . .", Bytes: 1e6}}}},
	Serving{URL: "http://127.0.0.1:8080", Container: "c", Image: "i", MS: 900, EditsBehind: 1},
	Waiting{Container: "c", For: ":8080/health", Listening: []string{"0.0.0.0:5000"}, Message: "m", Hint: "h"},
	Draining{Container: "c", Requests: 2, WithinMS: 600_000},
	Stale{ServingBuild: 3, EditsBehind: 2, Reason: "build 4 failed"},
	Log{Container: "c", Stream: "stderr", Text: "line"},
	Stopped{Container: "c", ExitCode: 137, Reason: StopReplaced},
	Watching{On: true, Mode: "poll", Files: 10},
	Answer{ID: "1", For: "app.py", Result: AnswerFailed, ServingBuild: 3, EditsBehind: 2, Message: "m", Hint: "h", Check: "test", Failed: &Failed{Stage: "build", Index: 2, Message: "exit code: 1"}},
	Companion{State: CompanionExited, ExitCode: 3, Message: "m"},
	Check{Stage: "test", State: CheckFailed, Gate: true, MS: 1200, Result: CheckFailed, ResultBuild: 3, RedSince: 2, Paths: []string{"app.py"}, Because: "app.py changed", Reason: Reason{Kind: ReasonPath, Path: "app.py", Count: 1}, Failed: &Failed{Stage: "test", Index: 3, Message: "exit code: 1"}, Output: []OutputLine{{"stdout", "1 failed"}}, Dropped: 2},
}

func TestRoundTrip(t *testing.T) {
	at := time.Date(2026, 11, 1, 12, 0, 0, 5e6, time.UTC)
	for _, body := range bodies {
		line, err := Encode(Event{Time: at, Build: 7, Service: "web", Body: body})
		if err != nil {
			t.Fatal(err)
		}
		if n := strings.Count(string(line), "\n"); n != 1 || line[len(line)-1] != '\n' {
			t.Errorf("%s: %d line ends in %q", body.Kind(), n, line)
		}
		got, err := Decode(line)
		if err != nil {
			t.Fatal(err)
		}
		if want := (Event{Time: at, Build: 7, Service: "web", Body: body}); !reflect.DeepEqual(got, want) {
			t.Errorf("%s:\n got %+v\nwant %+v", body.Kind(), got, want)
		}
	}
}

// TestEveryBodyIsKnown reads the package's own source, so that a new body can't be left out of bodies or decoders.
func TestEveryBodyIsKnown(t *testing.T) {
	file, err := parser.ParseFile(token.NewFileSet(), "event.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	tested := map[string]bool{}
	for _, b := range bodies {
		tested[reflect.TypeOf(b).Name()] = true
		if decoders[b.Kind()] == nil {
			t.Errorf("%s has no decoder", b.Kind())
		}
	}
	found := 0
	for _, d := range file.Decls {
		if f, ok := d.(*ast.FuncDecl); ok && f.Name.Name == "Kind" {
			found++
			if name := f.Recv.List[0].Type.(*ast.Ident).Name; !tested[name] {
				t.Errorf("%s is not in bodies", name)
			}
		}
	}
	if found != len(decoders) {
		t.Errorf("%d bodies, %d decoders", found, len(decoders))
	}
}

func TestEncodeEscapesControls(t *testing.T) {
	hostile := "\x1b]0;title\a\x7f\u009b31m\x00é\r"
	line, err := Encode(Event{Body: Log{Text: hostile}})
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range strings.TrimSuffix(string(line), "\n") {
		if r < ' ' || (r >= 0x7f && r <= 0x9f) {
			t.Errorf("control %U reached the line %q", r, line)
		}
	}
	var back struct{ Text string }
	if err := json.Unmarshal(line, &back); err != nil || back.Text != hostile {
		t.Errorf("got %q, %v", back.Text, err)
	}
}

func TestDecodeRefuses(t *testing.T) {
	for name, line := range map[string]string{
		"not JSON":        `{`,
		"another version": `{"v":2,"type":"log"}`,
		"unknown type":    `{"v":1,"type":"nonsense"}`,
		"wrong field":     `{"v":1,"type":"log","text":5}`,
	} {
		if _, err := Decode([]byte(line)); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}
