package engine

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/stagewatch/stagewatch/engine/config"
	"github.com/stagewatch/stagewatch/engine/event"
	"github.com/stagewatch/stagewatch/engine/plan"
)

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
	for name, c := range map[string]struct{ dockerfile, save, want string }{
		"the source before the requirements": {
			"FROM base AS build\nCOPY src /src\nCOPY requirements.txt .\nRUN pip install -r requirements.txt\n" + tail, "src/a",
			"requirements.txt is copied in line 3, after the source in line 2: the last 5 saves would have cost 15s less the other way round",
		},
		"everything at once": {
			"FROM base AS build\nCOPY . .\nRUN pip install -r requirements.txt\n" + tail, "src/a",
			"line 3, RUN pip install -r requirements.txt, comes after line 2, COPY . .: the last 5 saves would have cost 15s less the other way round",
		},
		"the requirements first":         {"FROM base AS build\nCOPY requirements.txt .\nRUN pip install -r requirements.txt\nCOPY src /src\n" + tail, "src/a", ""},
		"the requirements are the edits": {"FROM base AS build\nCOPY . .\nRUN pip install -r requirements.txt\n" + tail, "requirements.txt", ""},
		"a large file": {
			"FROM base AS build\nCOPY . .\nRUN make\n" + tail, "app.db",
			"app.db (10.5 MB) was all that changed in 5 of the last 5 saves, which took 15s to build",
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := newRig(t, config.Config{})
				defer r.close()
				r.save("requirements.txt", "flask")
				r.save("app.db", strings.Repeat("x", largeFile))
				r.save("Dockerfile", c.dockerfile)
				r.serve()
				var got []string
				for n := range 2 * adviceLeast {
					text := fmt.Sprint(n)
					if c.save == "app.db" {
						text += strings.Repeat("x", largeFile)
					}
					r.save(c.save, text)
					slow := slices.IndexFunc(r.loop.builds.running.plan.Steps, func(s plan.Step) bool { return strings.HasPrefix(s.Instruction, "RUN ") })
					r.builder.last().times[r.loop.builds.running.plan.Steps[slow].ID()] = 3 * time.Second
					r.succeed()
					r.runner.last().ready <- nil
					synctest.Wait()
					r.measured()
					for _, w := range all[event.Warning](r.drain()) {
						got = append(got, w.Body.(event.Warning).Message)
						if n != adviceLeast-1 {
							t.Errorf("said after save %d", n+1)
						}
					}
				}
				if diff := cmp.Diff(c.want, strings.Join(got, "\n")); diff != "" {
					t.Error(diff)
				}
			})
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
	if err := os.WriteFile(filepath.Join(dir, "Dockerfile"), []byte("FROM x\nCOPY src /src\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	look := func() (event.Warning, bool) {
		t.Helper()
		p, pl := opened(t, dir)
		return unread(pl, p.Snapshots()[""], p.Links())
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
