package advice

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/stagewatch/stagewatch/engine/event"
	"github.com/stagewatch/stagewatch/engine/plan"
	"github.com/stagewatch/stagewatch/engine/tree"
)

// planned returns the plan of a Dockerfile, made without an engine.
func planned(t *testing.T, dockerfile string) *plan.Plan {
	t.Helper()
	p, err := plan.New(t.Context(), plan.Input{Dockerfile: []byte(dockerfile), Filename: "Dockerfile"}, plan.Offline{})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// context returns a folder as a context.
func context(t *testing.T, dir string) *tree.Snapshot {
	t.Helper()
	read, err := tree.Load(t.Context(), dir, nil)
	if err != nil {
		t.Fatal(err)
	}
	return read.Snapshot()
}

func TestDependencies(t *testing.T) {
	for instruction, want := range map[string]string{
		"RUN pip install -r requirements.txt":                                         "requirements.txt",
		"RUN --mount=type=cache,target=/x pip3 install --no-cache-dir -r ./req/a.txt": "req/a.txt",
		"RUN pip install --upgrade pip && pip install -r requirements.txt":            "requirements.txt",
		"RUN npm ci --omit=dev":                                                       "package.json package-lock.json",
		"RUN go mod download":                                                         "go.mod go.sum",
		"RUN apt-get update && apt-get install -y gcc && rm -rf /var/lib/apt/lists/*": "",
		"RUN pip install .":                                                           "no",
		"RUN pip install -e . -r requirements.txt":                                    "no",
		"RUN npm ci && npm run build":                                                 "no",
		"RUN npm install left-pad":                                                    "no",
		"RUN apt-get install -y ./our.deb":                                            "no",
		"RUN make":                                                                    "no",
		"COPY requirements.txt .":                                                     "no",
	} {
		files, only := dependencies(instruction)
		got := "no"
		if only {
			got = strings.Join(files, " ")
		}
		if got != want {
			t.Errorf("%s: %q, want %q", instruction, got, want)
		}
	}
}

// TestAdviceComesFromTheEdits: never before they have cost something, with what they have cost, and once.
func TestAdviceComesFromTheEdits(t *testing.T) {
	const tail = "FROM small\nCOPY --from=build /out /out\n"
	dir := t.TempDir()
	for name, size := range map[string]int{"requirements.txt": 5, "app.db": largeFile, "src": 5} {
		if err := os.WriteFile(filepath.Join(dir, name), make([]byte, size), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for name, c := range map[string]struct{ dockerfile, save, want string }{
		"the source before the requirements": {
			"FROM base AS build\nCOPY src /src\nCOPY requirements.txt .\nRUN pip install -r requirements.txt\n" + tail, "src",
			"requirements.txt is copied in line 3, after the source in line 2: the last 5 saves would have cost 15s less the other way round",
		},
		"everything at once": {
			"FROM base AS build\nCOPY . .\nRUN pip install -r requirements.txt\n" + tail, "src",
			"line 3, RUN pip install -r requirements.txt, comes after line 2, COPY . .: the last 5 saves would have cost 15s less the other way round",
		},
		"the requirements first":         {"FROM base AS build\nCOPY requirements.txt .\nRUN pip install -r requirements.txt\nCOPY src /src\n" + tail, "src", ""},
		"the requirements are the edits": {"FROM base AS build\nCOPY . .\nRUN pip install -r requirements.txt\n" + tail, "requirements.txt", ""},
		"a large file": {
			"FROM base AS build\nCOPY . .\nRUN make\n" + tail, "app.db",
			"app.db (10.5 MB) was all that changed in 5 of the last 5 saves, which took 15s to build",
		},
	} {
		t.Run(name, func(t *testing.T) {
			p := planned(t, c.dockerfile)
			slow := slices.IndexFunc(p.Steps, func(s plan.Step) bool { return strings.HasPrefix(s.Instruction, "RUN ") })
			b := Build{Plan: p, Context: context(t, dir), Changed: []string{c.save}, Times: map[plan.StepID]time.Duration{p.Steps[slow].ID(): 3 * time.Second}}
			var a Advisor
			var got []string
			for n := range 2 * agreeing {
				for _, w := range a.Built(b) {
					got = append(got, w.Message)
					if n != agreeing-1 {
						t.Errorf("said after save %d", n+1)
					}
				}
			}
			if diff := cmp.Diff(c.want, strings.Join(got, "\n")); diff != "" {
				t.Error(diff)
			}
			a = Advisor{}
			for range agreeing - 1 {
				a.Built(b)
			}
			a.Built(Build{Plan: p, Context: b.Context, Changed: b.Changed, Edited: true})
			if said := a.Built(b); len(said) > 0 {
				t.Errorf("after an edit of the Dockerfile: %+v", said)
			}
		})
	}
}

// TestWhatNoStepReadsIsNamed: only where it is much.
func TestWhatNoStepReadsIsNamed(t *testing.T) {
	dir := t.TempDir()
	write := func(name string, size int64) {
		t.Helper()
		file := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, nil, 0o644); err != nil {
			t.Fatal(err)
		}
		if err := os.Truncate(file, size); err != nil {
			t.Fatal(err)
		}
	}
	write("src/main.py", 90_000_000)
	write("data/set.bin", 30_000_000)
	write("notes.txt", 5)
	write("Dockerfile", 0)
	look := func() (event.Warning, bool) {
		t.Helper()
		return Unread(planned(t, "FROM scratch\nCOPY src /src\n"), context(t, dir), nil)
	}
	if w, ok := look(); ok {
		t.Errorf("30 MB are not much: %+v", w)
	}
	write("data/more.bin", 30_000_000)
	w, ok := look()
	if want := `60 MB of the context in 4 files, of 5 files, are read by no step that "stage-0" needs`; !ok || w.Message != want {
		t.Errorf("got %q", w.Message)
	}
	if len(w.Paths) != 3 || w.Paths[0] != "data/ (60 MB, 2 files)" {
		t.Errorf("paths are %q", w.Paths)
	}
}
