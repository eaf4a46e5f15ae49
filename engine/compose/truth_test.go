package compose

import (
	"bytes"
	"cmp"
	"encoding/json"
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/diff"
	"github.com/rogpeppe/go-internal/txtar"
	"github.com/spf13/pflag"
)

var record = flag.String("record", "", "have this docker compose write what is compared with anew: make truth")

// The files of an archive that docker compose wrote: its config, what its build hands to buildx, and its version.
const (
	wantConfig  = "want/config.json"
	wantBake    = "want/bake.json"
	wantVersion = "want/version"
)

// TestTruth reads projects of all forms, and compares the model with that of docker compose config, and the settings of
// each build with what docker compose build hands to buildx.
func TestTruth(t *testing.T) {
	archives, err := filepath.Glob("testdata/truth/*.txtar")
	if err != nil || len(archives) < 25 {
		t.Fatal(len(archives), "projects", err)
	}
	for _, archive := range archives {
		archive, err := filepath.Abs(archive)
		if err != nil {
			t.Fatal(err)
		}
		t.Run(strings.TrimSuffix(filepath.Base(archive), ".txtar"), func(t *testing.T) {
			c := unpack(t, archive)
			if *record != "" {
				c.record(t, archive)
			}
			p, err := Read(t.Context(), c.options)
			if err != nil {
				t.Fatal(err)
			}
			c.compareModel(t, p)
			c.compareBuilds(t, p)
			c.compareLacks(t, p)
		})
	}
}

// project is a project of an archive, unpacked into the working folder.
type project struct {
	*txtar.Archive
	root    string
	args    []string
	options Options
}

// unpack writes the archive's files into a new folder, and makes it the working folder. The comment says with which
// arguments and variables, and from which folder in it, the project is read.
func unpack(t *testing.T, archive string) *project {
	t.Helper()
	a, err := txtar.ParseFile(archive)
	if err != nil {
		t.Fatal(err)
	}
	// The folder names the project where nothing else does.
	c := &project{Archive: a, root: filepath.Join(t.TempDir(), "project")}
	for _, f := range a.Files {
		if !strings.HasPrefix(f.Name, "want/") {
			write(t, filepath.Join(c.root, f.Name), string(f.Data))
		}
	}
	noVariables(t)
	dir := c.root
	for line := range strings.Lines(string(a.Comment)) {
		key, value, _ := strings.Cut(strings.TrimSpace(line), ": ")
		switch key {
		case "args":
			c.args = strings.Fields(value)
		case "env":
			for _, v := range strings.Fields(value) {
				name, value, _ := strings.Cut(v, "=")
				t.Setenv(name, value)
			}
		case "dir":
			dir = filepath.Join(c.root, value)
		}
	}
	t.Chdir(dir)
	f := pflag.NewFlagSet("", pflag.ContinueOnError)
	f.StringArrayVarP(&c.options.Files, "file", "f", nil, "")
	f.StringVarP(&c.options.Name, "project-name", "p", "", "")
	f.StringArrayVar(&c.options.Profiles, "profile", nil, "")
	f.StringArrayVar(&c.options.EnvFiles, "env-file", nil, "")
	if err := f.Parse(c.args); err != nil {
		t.Fatal(err)
	}
	c.options.Services = f.Args()
	return c
}

// noVariables takes the variables that docker compose goes by out of the environment.
func noVariables(t *testing.T) {
	t.Helper()
	for _, v := range os.Environ() {
		if name, _, _ := strings.Cut(v, "="); strings.HasPrefix(name, "COMPOSE_") || name == "DOCKER_DEFAULT_PLATFORM" {
			t.Setenv(name, "") // which has it restored at the end
			os.Unsetenv(name)
		}
	}
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

// file returns a file of the archive, empty where it has none.
func (c *project) file(name string) []byte {
	i := slices.IndexFunc(c.Files, func(f txtar.File) bool { return f.Name == name })
	if i < 0 {
		return nil
	}
	return c.Files[i].Data
}

// record has docker compose write its part of the archive.
func (c *project) record(t *testing.T, archive string) {
	t.Helper()
	c.Files = slices.DeleteFunc(c.Files, func(f txtar.File) bool { return strings.HasPrefix(f.Name, "want/") })
	services := c.options.Services
	flags := c.args[:len(c.args)-len(services)]
	for name, command := range map[string][]string{
		wantConfig: {"config", "--format", "json"}, wantBake: {"build", "--print"}, wantVersion: {"version", "--short"},
	} {
		if name != wantVersion {
			command = append(slices.Concat(flags, command), services...)
		}
		cmd := exec.Command(*record, command...)
		var stderr bytes.Buffer
		cmd.Stderr = &stderr
		out, err := cmd.Output()
		if err != nil {
			t.Fatalf("%s: %v\n%s", cmd, err, stderr.String())
		}
		if name == wantBake {
			out = targets(t, out)
		}
		out = bytes.ReplaceAll(out, []byte(c.root), []byte("$ROOT"))
		c.Files = append(c.Files, txtar.File{Name: name, Data: append(bytes.TrimSpace(out), '\n')})
	}
	slices.SortStableFunc(c.Files, func(a, b txtar.File) int {
		rank := map[string]int{wantConfig: 1, wantBake: 2, wantVersion: 3}
		return cmp.Compare(rank[a.Name], rank[b.Name])
	})
	if err := os.WriteFile(archive, txtar.Format(c.Archive), 0o644); err != nil {
		t.Fatal(err)
	}
}

// targets returns the targets of a bake file without its groups, whose order is any.
func targets(t *testing.T, file []byte) []byte {
	t.Helper()
	var bake struct {
		Target map[string]map[string]any `json:"target"`
	}
	if err := json.Unmarshal(file, &bake); err != nil {
		t.Fatal(err)
	}
	for _, target := range bake.Target {
		if limits, ok := target["ulimits"].([]any); ok {
			slices.SortFunc(limits, func(a, b any) int { return cmp.Compare(a.(string), b.(string)) })
		}
	}
	out, err := json.MarshalIndent(bake, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func (c *project) compareModel(t *testing.T, p *Project) {
	t.Helper()
	got, err := p.model.MarshalJSON()
	if err != nil {
		t.Fatal(err)
	}
	// docker compose writes what can be read again.
	got = bytes.ReplaceAll(got, []byte("$"), []byte("$$"))
	got = bytes.ReplaceAll(got, []byte(c.root), []byte("$ROOT"))
	if d := diff.Diff("docker compose config", c.file(wantConfig), "read here", append(got, '\n')); d != nil {
		t.Errorf("%s", d)
	}
}
