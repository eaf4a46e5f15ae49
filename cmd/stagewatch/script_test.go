package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/api/types/filters"
	"github.com/docker/docker/api/types/image"
	"github.com/rogpeppe/go-internal/testscript"

	"github.com/stagewatch/stagewatch/engine/dock"
)

// patience is how long anything may take on a machine that has much else to do.
const patience = 3 * time.Minute

// process is a stagewatch that runs beside a script; its output goes to NAME.out and NAME.err.
type process struct {
	cmd   *exec.Cmd
	ended chan error
}

// processes are those of one script, by name.
type processes map[string]*process

type processesKey struct{}

// commands are what the scripts have beside testscript's own:
//
//	start NAME ARG…           starts stagewatch in the background
//	await NAME REGEXP [VAR]   waits until NAME.out matches; the first group becomes $VAR
//	signal NAME TERM|HUP|INT|KILL
//	exits NAME CODE           waits for its end
//	gone NAME                 nothing that NAME made is left on the engine
//	edit FILE OLD NEW         replaces a text and saves as editors do
//	serves URL TEXT           waits until the page holds the text
//	contract FILE             every line is what the JSON stream promises
//	compared FILE NAME NAME   the comparison in FILE is what docker says of the two images
//	steps FILE BUILD STATES   what became of the build's steps, see stepsOf
func commands(e *dock.Engine) map[string]func(*testscript.TestScript, bool, []string) {
	return map[string]func(*testscript.TestScript, bool, []string){
		"start":  start,
		"await":  await,
		"signal": signalTo,
		"exits":  exits,
		"gone":   func(ts *testscript.TestScript, _ bool, args []string) { gone(ts, e, named(ts, args)) },
		"edit": func(ts *testscript.TestScript, _ bool, args []string) {
			ts.Check(edit(ts.MkAbs(args[0]), args[1], args[2]))
		},
		"serves":   serves,
		"contract": contract,
		"steps":    steps,
		"compared": func(ts *testscript.TestScript, _ bool, args []string) { compared(ts, e, args) },
	}
}

func start(ts *testscript.TestScript, _ bool, args []string) {
	name := args[0]
	// The test's PATH holds the program, see testscript.Main.
	cmd := exec.Command("stagewatch", args[1:]...)
	cmd.Dir = ts.MkAbs(".")
	for _, key := range []string{"PATH", "HOME", "DOCKER_HOST", "LC_ALL", "NO_COLOR", "PWD"} {
		cmd.Env = append(cmd.Env, key+"="+ts.Getenv(key))
	}
	out, err := os.Create(ts.MkAbs(name + ".out"))
	ts.Check(err)
	errOut, err := os.Create(ts.MkAbs(name + ".err"))
	ts.Check(err)
	cmd.Stdout, cmd.Stderr = out, errOut
	ts.Check(cmd.Start())
	p := &process{cmd: cmd, ended: make(chan error, 1)}
	go func() {
		err := cmd.Wait()
		out.Close()
		errOut.Close()
		p.ended <- err
	}()
	ts.Value(processesKey{}).(processes)[name] = p
	ts.Defer(func() {
		// A script that failed half-way: first politely, so that it takes its things along.
		_ = cmd.Process.Signal(syscall.SIGTERM)
		select {
		case <-p.ended:
		case <-time.After(patience):
			_ = cmd.Process.Kill()
		}
	})
}

// named is the process that a command's first argument means.
func named(ts *testscript.TestScript, args []string) *process {
	p := ts.Value(processesKey{}).(processes)[args[0]]
	if p == nil {
		ts.Fatalf("no process %s was started", args[0])
	}
	return p
}

func await(ts *testscript.TestScript, _ bool, args []string) {
	p := named(ts, args)
	want := regexp.MustCompile("(?m)" + args[1])
	ended := false
	poll(func() bool {
		if found := want.FindStringSubmatch(ts.ReadFile(args[0] + ".out")); found != nil {
			if len(args) > 2 {
				ts.Setenv(args[2], found[1])
			}
			return true
		}
		if ended {
			ts.Fatalf("%s ended before it said %s:\n%s%s", args[0], args[1], ts.ReadFile(args[0]+".out"), ts.ReadFile(args[0]+".err"))
		}
		select {
		case err := <-p.ended:
			p.ended <- err
			ended = true // and look once more
		default:
		}
		return false
	}, func() { ts.Fatalf("%s does not say %s:\n%s", args[0], args[1], ts.ReadFile(args[0]+".out")) })
}

// poll asks until the answer is yes or patience ends.
func poll(done func() bool, late func()) {
	for deadline := time.Now().Add(patience); !done(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			late()
			return
		}
	}
}

func signalTo(ts *testscript.TestScript, _ bool, args []string) {
	signals := map[string]os.Signal{"TERM": syscall.SIGTERM, "HUP": syscall.SIGHUP, "INT": syscall.SIGINT, "KILL": syscall.SIGKILL}
	ts.Check(named(ts, args).cmd.Process.Signal(signals[args[1]]))
}

func exits(ts *testscript.TestScript, _ bool, args []string) {
	p := named(ts, args)
	select {
	case err := <-p.ended:
		p.ended <- err
	case <-time.After(patience):
		ts.Fatalf("%s does not end", args[0])
	}
	if got := p.cmd.ProcessState.ExitCode(); strconv.Itoa(got) != args[1] {
		ts.Fatalf("%s ended with exit code %d, not %s:\n%s%s", args[0], got, args[1], ts.ReadFile(args[0]+".out"), ts.ReadFile(args[0]+".err"))
	}
}

func gone(ts *testscript.TestScript, e *dock.Engine, p *process) {
	left, err := leftBy(e, p.cmd.Process.Pid)
	ts.Check(err)
	if left != "" {
		ts.Fatalf("left on the engine: %s", left)
	}
}

// leftBy lists what a session of that process left on the engine: its labels have the process in them.
func leftBy(e *dock.Engine, pid int) (string, error) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	ours := filters.NewArgs(filters.Arg("label", dock.Label))
	containers, err := e.Client.ContainerList(ctx, container.ListOptions{All: true, Filters: ours})
	if err != nil {
		return "", err
	}
	images, err := e.Images(ctx, image.ListOptions{Filters: ours})
	if err != nil {
		return "", err
	}
	mark := "-" + strconv.Itoa(pid) + "-"
	var left []string
	for _, c := range containers {
		if strings.Contains(c.Labels[dock.Label], mark) {
			left = append(left, fmt.Sprintf("container %v, %s", c.Names, c.Status))
		}
	}
	for _, i := range images {
		if strings.Contains(i.Labels[dock.Label], mark) {
			left = append(left, fmt.Sprintf("image %s %v", i.ID, i.RepoTags))
		}
	}
	return strings.Join(left, "; "), nil
}

func serves(ts *testscript.TestScript, _ bool, args []string) {
	page := ""
	poll(func() bool {
		resp, err := http.Get(args[0])
		if err != nil {
			page = err.Error()
			return false
		}
		defer resp.Body.Close()
		body, _ := io.ReadAll(resp.Body)
		page = string(body)
		return strings.Contains(page, args[1])
	}, func() { ts.Fatalf("%s does not show %q but\n%s", args[0], args[1], page) })
}
