package doctor

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/docker/docker/api/types/container"

	"github.com/stagewatch/stagewatch/engine/config"
	"github.com/stagewatch/stagewatch/engine/dock"
	"github.com/stagewatch/stagewatch/engine/dock/docktest"
)

const twoStages = `FROM python:3.9-slim AS build
COPY . /app

FROM scratch AS unneeded
COPY . /

FROM python:3.9-alpine
COPY --from=build /app /app
`

// folder makes a build context of the files, given as name and text in turn.
func folder(t *testing.T, files ...string) string {
	t.Helper()
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	dir := t.TempDir()
	for i := 0; i < len(files); i += 2 {
		path := filepath.Join(dir, files[i])
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(files[i+1]), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// findings are those of one examination, in order.
type findings []Finding

func examine(t *testing.T, cfg config.Config) findings {
	t.Helper()
	if cfg.Publish == nil {
		cfg.Publish = []string{"0:8080"}
	}
	var found findings
	Run(t.Context(), cfg, func(f Finding) { found = append(found, f) })
	t.Cleanup(func() {
		if t.Failed() {
			for _, f := range found {
				t.Logf("%+v", f)
			}
		}
	})
	return found
}

// want fails unless the check has exactly one finding, with the status and with the texts in its detail or hint.
func (found findings) want(t *testing.T, check string, status Status, texts ...string) {
	t.Helper()
	var of findings
	for _, f := range found {
		if f.Check == check {
			of = append(of, f)
		}
	}
	if len(of) != 1 {
		t.Errorf("%s: got %d findings, want one", check, len(of))
		return
	}
	if of[0].Status != status {
		t.Errorf("%s: got %s, want %s", check, of[0].Status, status)
	}
	for _, text := range texts {
		if !strings.Contains(of[0].Detail+"\n"+of[0].Hint, text) {
			t.Errorf("%s: got %q, hint %q; want %q in it", check, of[0].Detail, of[0].Hint, text)
		}
	}
}

// noEngine returns an address at which nothing listens.
func noEngine(t *testing.T) dock.Options {
	return dock.Options{Host: "unix://" + filepath.Join(t.TempDir(), "none.sock")}
}

func TestAllIsThere(t *testing.T) {
	e := docktest.Engine(t)
	dir := folder(t, "Dockerfile", twoStages, ".dockerignore", "*.pyc\nbuild/\n", "app.py", "x", "app.pyc", "x", "build/a", "x", "build/b", "x")
	found := examine(t, config.Config{Build: config.Build{Context: dir}, Session: config.Session{Engine: dock.Options{Host: e.Host}}})
	found.want(t, "engine", OK, "API 1.", e.Host, "from --host")
	found.want(t, "builder", OK, "BuildKit", "linux/")
	found.want(t, "image store", OK)
	found.want(t, "Dockerfile", OK, "builds stage-2 from 3 stages, 1 of which it does not need", "no lint warnings")
	found.want(t, "context", OK, "3 files", "2 paths ignored by .dockerignore")
	found.want(t, "port", OK, "any free one")
	found.want(t, "watching", OK, "2 folders")
	found.want(t, "leftovers", OK, "none")
	found.want(t, "addresses", OK)
	var bases []string
	for _, f := range found {
		if f.Check == "base image" {
			bases = append(bases, f.Detail)
			if f.Status == Fail {
				t.Errorf("a base image that the engine has fails: %s", f.Detail)
			}
			if strings.Contains(f.Detail, "stand-in") != (f.Status == Note) {
				t.Errorf("a stand-in is not noted as one: %s is %s", f.Detail, f.Status)
			}
		}
	}
	if len(bases) != 2 {
		t.Errorf("got base images %q, want the two that the target needs", bases)
	}
}

func TestChecksComeInTheirOrder(t *testing.T) {
	e := docktest.Engine(t)
	dir := folder(t, "Dockerfile", "FROM python:3.9-slim\n")
	var got []string
	for _, f := range examine(t, config.Config{Build: config.Build{Context: dir}, Session: config.Session{Engine: dock.Options{Host: e.Host}}}) {
		got = append(got, f.Check)
	}
	if want := strings.Join(Checks(), ", "); strings.Join(got, ", ") != want {
		t.Errorf("got %s, want %s", strings.Join(got, ", "), want)
	}
}

func TestBaseThatNobodyHas(t *testing.T) {
	e := docktest.Engine(t)
	dir := folder(t, "Dockerfile", "FROM 127.0.0.1:1/nobody/has-this:1\n")
	found := examine(t, config.Config{Build: config.Build{Context: dir}, Session: config.Session{Engine: dock.Options{Host: e.Host}}})
	found.want(t, "base image", Fail, "127.0.0.1:1/nobody/has-this:1: not on the engine, and it can't be pulled")
	for _, f := range found {
		if strings.Contains(f.Detail, "rpc error") || strings.Contains(f.Detail, "desc =") {
			t.Errorf("raw RPC noise: %s", f.Detail)
		}
	}
}

func TestNoEngine(t *testing.T) {
	dir := folder(t, "Dockerfile", twoStages, "app.py", "x")
	found := examine(t, config.Config{Build: config.Build{Context: dir}, Session: config.Session{Engine: noEngine(t)}})
	found.want(t, "engine", Fail, "the engine is not running", "Start it")
	found.want(t, "Dockerfile", OK)
	found.want(t, "context", OK, "2 files", "there is no .dockerignore")
	for _, f := range found {
		switch f.Check {
		case "builder", "image store", "leftovers", "addresses", "log":
			t.Errorf("%s was looked at with no engine: %s", f.Check, f.Detail)
		case "base image":
			if f.Status != Note {
				t.Errorf("got %s for an image that nobody could look for: %s", f.Status, f.Detail)
			}
		}
	}
}

func TestDockerfile(t *testing.T) {
	for name, c := range map[string]struct {
		source string
		status Status
		texts  []string
	}{
		"lint":           {"FROM scratch as build\nCOPY a /\n", Note, []string{"1 lint warning", "line 1, FromAsCasing"}},
		"unknown":        {"FROM scratch\nCOPPY a /\n", Fail, []string{"Dockerfile, line 2: ", "COPPY"}},
		"unknown target": {"FROM scratch AS a\n", Fail, []string{`--target "nosuch"`, "no such stage", "Its one stage is a."}},
		"unknown before": {"FROM scratch AS a\n", Fail, []string{`--before "nosuch"`, "no such stage", "Its one stage is a."}},
		"empty":          {"", Fail, nil},
	} {
		t.Run(name, func(t *testing.T) {
			dir := folder(t, "Dockerfile", c.source, "a", "x")
			cfg := config.Config{Build: config.Build{Context: dir}, Session: config.Session{Engine: noEngine(t)}}
			switch name {
			case "unknown target":
				cfg.Target = "nosuch"
			case "unknown before":
				cfg.Before = "nosuch"
			}
			examine(t, cfg).want(t, "Dockerfile", c.status, c.texts...)
		})
	}
	t.Run("none", func(t *testing.T) {
		dir := folder(t, "a", "x")
		examine(t, config.Config{Build: config.Build{Context: dir}, Session: config.Session{Engine: noEngine(t)}}).want(t, "Dockerfile", Fail, "there is no file", "-f")
	})
	t.Run("elsewhere", func(t *testing.T) {
		dir := folder(t, "sub/my.Dockerfile", "FROM scratch\nCOPY . /\n")
		found := examine(t, config.Config{Build: config.Build{Context: dir, File: filepath.Join(dir, "sub/my.Dockerfile")}, Session: config.Session{Engine: noEngine(t)}})
		found.want(t, "Dockerfile", OK, "sub/my.Dockerfile: ")
	})
	t.Run("base chosen by argument", func(t *testing.T) {
		dir := folder(t, "Dockerfile", "ARG VARIANT=slim\nFROM python:3.9-${VARIANT}\n")
		found := examine(t, config.Config{Build: config.Build{Context: dir, BuildArgs: []string{"VARIANT=other"}}, Session: config.Session{Engine: noEngine(t)}})
		found.want(t, "base image", Note, "python:3.9-other")
	})
}

func TestContext(t *testing.T) {
	t.Run("none", func(t *testing.T) {
		found := examine(t, config.Config{Build: config.Build{Context: filepath.Join(folder(t), "nosuch")}, Session: config.Session{Engine: noEngine(t)}})
		found.want(t, "context", Fail, "no such file")
	})
	t.Run("heavy folders that the build reads", func(t *testing.T) {
		dir := folder(t, "Dockerfile", "FROM scratch\nCOPY . /\n", ".git/HEAD", "x", "web/node_modules/a/node_modules/b", "x")
		examine(t, config.Config{Build: config.Build{Context: dir, Ignore: []string{"none"}}, Session: config.Session{Engine: noEngine(t)}}).want(t, "context", Note,
			"read by the build: .git, web/node_modules", "Add what no image needs to .dockerignore: .git **/node_modules")
	})
	t.Run("left out by built-in rules", func(t *testing.T) {
		dir := folder(t, "Dockerfile", "FROM scratch\nCOPY . /\nCOPY b~ /\n", ".dockerignore", "*.pyc\n", ".git/HEAD", "x", "a~", "x", "b~", "x", "a.pyc", "x")
		cfg := config.Config{Build: config.Build{Context: dir}, Session: config.Session{Engine: noEngine(t)}}
		examine(t, cfg).want(t, "context", OK, "3 files", "1 path ignored by .dockerignore",
			"left out: .git, by **/.git (built in; --ignore none switches it off); a~, by **/*~ (built in")
		cfg.Ignore = []string{"["}
		examine(t, cfg).want(t, "context", Fail, "reading --ignore: pattern", "--ignore PATTERN")
	})
	t.Run("heavy folders that no step reads", func(t *testing.T) {
		dir := folder(t, "Dockerfile", "FROM scratch\nCOPY src /\n", ".git/HEAD", "x", "src/a", "x")
		examine(t, config.Config{Build: config.Build{Context: dir}, Session: config.Session{Engine: noEngine(t)}}).want(t, "context", OK, "there is no .dockerignore")
	})
	t.Run("by a link", func(t *testing.T) {
		dir := folder(t, "Dockerfile", "FROM scratch\nCOPY . /\n", ".dockerignore", "*.pyc\n", "a.pyc", "x", "src/a", "x")
		link := filepath.Join(t.TempDir(), "link")
		if err := os.Symlink(dir, link); err != nil {
			t.Fatal(err)
		}
		examine(t, config.Config{Build: config.Build{Context: link}, Session: config.Session{Engine: noEngine(t)}}).want(t, "context", OK, "3 files", "1 path ignored")
	})
	t.Run("a named context that is not there", func(t *testing.T) {
		dir := folder(t, "Dockerfile", "FROM scratch\nCOPY --from=lib . /\n")
		cfg := config.Config{Build: config.Build{Context: dir, BuildContexts: map[string]string{"lib": filepath.Join(dir, "nosuch")}}, Session: config.Session{Engine: noEngine(t)}}
		examine(t, cfg).want(t, "context", Fail, "opening the build context lib=", "no such file", "--build-context NAME=FOLDER")
	})
	t.Run("broken rules", func(t *testing.T) {
		dir := folder(t, "Dockerfile", "FROM scratch\n", ".dockerignore", "ok\n[\n")
		examine(t, config.Config{Build: config.Build{Context: dir}, Session: config.Session{Engine: noEngine(t)}}).want(t, "context", Fail, "line 2", "Correct the pattern")
	})
}

func TestPort(t *testing.T) {
	e := docktest.Engine(t)
	dir := folder(t, "Dockerfile", "FROM scratch\n")
	here := func(publish string) findings {
		return examine(t, config.Config{Build: config.Build{Context: dir}, App: config.App{Publish: []string{publish}}, Session: config.Session{Engine: dock.Options{Host: e.Host}}})
	}
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	_, port, _ := net.SplitHostPort(taken.Addr().String())
	// The name of the process is that of this test.
	here(port+":80").want(t, "port", Note, "127.0.0.1:"+port+" is taken by ", "(pid ", "uses the port once it is free")
	// As in docker, a single port is the container's.
	here(port).want(t, "port", OK, "127.0.0.1:0: any free one")
	n, _ := strconv.Atoi(port)
	here(fmt.Sprintf("%d-%d:80", n, min(n+100, 65535))).want(t, "port", OK, " is free, of 127.0.0.1:"+port+"-")
	taken.Close()
	here(port+":80").want(t, "port", OK, "127.0.0.1:"+port+" is free")
	here("eighty").want(t, "port", Fail, "eighty", "Write -p")
	here("80-90:80-91").want(t, "port", Fail, "80-90")
	here("53:53/udp").want(t, "port", Fail, "udp port", "--swap restart")
	here("53/udp").want(t, "port", Fail, "only udp ports", "Publish one as well")
	here("203.0.113.1:0:80").want(t, "port", Fail, "can't listen on 203.0.113.1:0", "another address")
}

func TestLeftoversOfADeadSession(t *testing.T) {
	e := docktest.Engine(t)
	dir := folder(t, "Dockerfile", "FROM scratch\n")
	cfg := config.Config{Build: config.Build{Context: dir}, Session: config.Session{Engine: dock.Options{Host: e.Host}}}
	living := docktest.Session(t, e)
	image := docktest.Image(t, e, living)
	// The label of a session on this machine whose process has ended.
	gone := exec.Command("true")
	if err := gone.Run(); err != nil {
		t.Fatal(err)
	}
	house, rest, _ := strings.Cut(living.ID, "-")
	_, start, _ := strings.Cut(rest, "-")
	dead := house + "-" + strconv.Itoa(gone.Process.Pid) + "-" + start + "0"
	labels := living.Labels()
	for key := range labels {
		labels[key] = dead
	}
	made, err := e.Client.ContainerCreate(t.Context(), &container.Config{Image: image, Cmd: []string{"/app"}, Labels: labels}, nil, nil, nil, "")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = e.Client.ContainerRemove(context.Background(), made.ID, container.RemoveOptions{Force: true})
	})
	examine(t, cfg).want(t, "leftovers", Note, "1 container, 0 images")
	if _, err := e.Client.ContainerInspect(t.Context(), made.ID); err == nil {
		t.Error("the dead session's container is still there")
	}
	if _, err := e.Client.ImageInspect(t.Context(), image); err != nil {
		t.Errorf("the living session's image is gone: %v", err)
	}
	examine(t, cfg).want(t, "leftovers", OK, "none")
}

// What is found wrong with such an engine is that it has no builder; nothing else on it is looked at.
func TestPodmanIsNamedWithWhatToDo(t *testing.T) {
	dir := folder(t, "Dockerfile", "FROM scratch\nCOPY f /\n", "f", "")
	found := examine(t, config.Config{Build: config.Build{Context: dir}, Session: config.Session{Engine: docktest.Podman(t)}})
	found.want(t, "engine", OK, "Podman 4.3.1")
	found.want(t, "builder", Fail, "has no BuildKit", "Docker Desktop", "--host")
	for _, f := range found {
		if f.Check == "leftovers" || f.Check == "addresses" || f.Check == "log" {
			t.Errorf("%s is checked: %s", f.Check, f.Detail)
		}
	}
}
