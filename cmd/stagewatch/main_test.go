package main

import (
	"bytes"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/stagewatch/stagewatch/engine/dock"
	"github.com/stagewatch/stagewatch/engine/dock/docktest"
	"github.com/stagewatch/stagewatch/engine/fault"
)

// The scripts and the dashboard's tests run this very package's main, as a command of the name stagewatch.
func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"stagewatch": main, pluginName: main, "never-ends": neverEnds})
}

// TestCommands runs the scripts that need no engine.
func TestCommands(t *testing.T) {
	testscript.Run(t, testscript.Params{Dir: "testdata/plain", Setup: setup(nil), Cmds: commands(nil), RequireExplicitExec: true})
}

// TestOnEngine runs the scripts that work on a real engine, each with copies of the samples.
func TestOnEngine(t *testing.T) {
	e := docktest.Engine(t)
	testscript.Run(t, testscript.Params{Dir: "testdata/engine", Setup: setup(e), Cmds: commands(e), RequireExplicitExec: true, Condition: func(name string) (bool, error) {
		if name != "race" {
			return false, fmt.Errorf("unknown condition %q", name)
		}
		return racing, nil
	}})
}

// TestOnBuildkitd runs the scripts that build elsewhere, for the engine. BASE is an image that both have, by the name by which
// both find it.
func TestOnBuildkitd(t *testing.T) {
	daemon := docktest.NewBuildkitd(t)
	e := docktest.Engine(t)
	base := daemon.Base(t, e, "python:3.9-alpine")
	testscript.Run(t, testscript.Params{Dir: "testdata/buildkitd", Cmds: commands(e), RequireExplicitExec: true, Setup: func(env *testscript.Env) error {
		env.Setenv("BUILDER", os.Getenv("BUILDKIT_HOST"))
		env.Setenv("BASE", base)
		return setup(e)(env)
	}})
}

// setup gives a script a home and samples of its own, and the engine if there is to be one.
func setup(e *dock.Engine) func(*testscript.Env) error {
	return func(env *testscript.Env) error {
		env.Setenv("HOME", filepath.Join(env.WorkDir, ".home"))
		// An address at which nothing listens, for whoever looks for an engine without being given one.
		env.Setenv("DOCKER_HOST", "unix://"+filepath.Join(env.WorkDir, "no-engine.sock"))
		if e != nil {
			env.Setenv("DOCKER_HOST", e.Host)
		}
		env.Setenv("ESC", "\x1b")
		env.Setenv("NAME", strconv.FormatInt(time.Now().UnixNano(), 36))
		env.Setenv("LC_ALL", "C.UTF-8")
		env.Values[processesKey{}] = processes{}
		if err := os.CopyFS(filepath.Join(env.WorkDir, "compose-app"), os.DirFS("../../testdata/compose-app")); err != nil {
			return err
		}
		return copySample(filepath.Join(env.WorkDir, "app"))
	}
}

// copySample copies the sample, with a text of its own in its source, so that no cache knows the steps that
// read it.
func copySample(dir string) error {
	if err := os.CopyFS(dir, os.DirFS("../../testdata/python-app")); err != nil {
		return err
	}
	return edit(filepath.Join(dir, samplePage), "<main>", "<main><!-- "+strconv.FormatInt(time.Now().UnixNano(), 36)+" -->")
}

// samplePage is the source of the sample's page.
const samplePage = "python_app/templates/index.html"

// edit replaces a text in a file, which must be there, and saves as editors do: whole, under another name,
// renamed.
func edit(path, old, text string) error {
	dt, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	if !bytes.Contains(dt, []byte(old)) {
		return &fs.PathError{Op: "finding " + strconv.Quote(old) + " in", Path: path, Err: fs.ErrNotExist}
	}
	if err := os.WriteFile(path+"~", bytes.Replace(dt, []byte(old), []byte(text), 1), 0o644); err != nil {
		return err
	}
	return os.Rename(path+"~", path)
}

// TestHintOfEveryFlagError: a mistake on the command line is one sentence, and one hint that says what to write. Nobody
// reads a usage of forty lines to learn that a flag is spelled otherwise.
func TestHintOfEveryFlagError(t *testing.T) {
	for args, hint := range map[string]string{
		"--nosuch":                     "stagewatch --help lists the flags.",
		"--targt x":                    "Did you mean --target? stagewatch --help lists the flags.",
		"build --publish 1":            "stagewatch build --help lists the flags.",
		"plan -z":                      "stagewatch plan --help lists the flags.",
		"--target":                     "stagewatch --help lists the flags.",
		"--ready-timeout soon":         "--ready-timeout: How long an app may take to be ready. stagewatch --help lists the flags.",
		"replay --speed fast x":        "--speed: Play this many times faster than it happened. stagewatch replay --help lists the flags.",
		"a b":                          "Give one context. stagewatch --help shows how.",
		"build a b":                    "Give one context. stagewatch build --help shows how.",
		"replay":                       "Give one recording. stagewatch replay --help shows how.",
		"buidl":                        "Did you mean stagewatch build?",
		"--progress loud":              "Choose auto, tty, plain or json.",
		"--swap slowly":                "Choose blue-green or restart.",
		"--drain-timeout -1s":          "Write e.g. 90s or 10m.",
		"--ready-path http://x/":       "Write only the path, e.g. --ready-path /healthz. The port comes from -p.",
		"--build-arg =x":               "Write --build-arg NAME=value.",
		"--build-context x":            "Write --build-context NAME=FOLDER.",
		"report -o x.pdf x":            "Name the file .md, .html, .svg or .png, or choose one with --format.",
		"report --format pdf x":        "Choose markdown, pr, html, svg or png.",
		"report --base x y":            "Choose --format pr, or leave --base out.",
		"report --at noon " + recorded: "Write end, or the number of a build.",
		"report --format svg --size big " + recorded: "Write columns x lines, from 20x8 to 400x120, such as 120x36.",
	} {
		var out strings.Builder
		root := rootCommand()
		root.SetArgs(strings.Fields(args))
		root.SetOut(&out)
		root.SetErr(&out)
		if code := report(&out, root.ExecuteContext(t.Context())); code != 1 {
			t.Errorf("%s: exit code %d", args, code)
		}
		sentence, rest, _ := strings.Cut(out.String(), "\n")
		if !strings.HasPrefix(sentence, "stagewatch: ") || rest != "hint: "+hint+"\n" {
			t.Errorf("%s: got\n%s\nwant a sentence and\nhint: %s", args, out.String(), hint)
		}
	}
}

// recorded is a recording that can be read.
const recorded = "../../testdata/story.jsonl"

// TestReadyPath: what is asked for is one line that servers understand, or is refused.
func TestReadyPath(t *testing.T) {
	for value, want := range map[string]string{
		"":                 "",
		"/":                "/",
		"healthz":          "/healthz",
		"/healthz?full=1":  "/healthz?full=1",
		"/a b":             "/a%20b",
		"/a%20b":           "/a%20b",
		"/é":               "/%C3%A9",
		"/x#part":          "/x",
		"?ready":           "/?ready",
		"/x\r\nHost: y":    "refused",
		"/100%":            "refused",
		"http://x/healthz": "refused",
		"localhost:80/x":   "refused",
	} {
		got, err := readyPath(value)
		if err != nil {
			got = "refused"
		}
		if got != want {
			t.Errorf("%q: got %q, %v", value, got, err)
		}
		if err != nil && fault.Hint(err) == "" {
			t.Errorf("%q: no hint", value)
		}
	}
}
