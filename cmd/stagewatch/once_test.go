package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stagewatch/stagewatch/engine/dock/docktest"
)

// TestBuildOnATerminal: the steps in the order of the Dockerfile, in colour, the table and the last word at the end; what
// cached steps printed once only for who asks.
func TestBuildOnATerminal(t *testing.T) {
	e := docktest.Engine(t)
	dir := t.TempDir()
	write := func(name, text string) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	unique := filepath.Base(filepath.Dir(dir))
	// The stage that is needed last is written first, and ends first.
	write("Dockerfile", "FROM python:3.9-alpine AS slow\nRUN sleep 1; echo slow "+unique+"\nRUN echo then\nFROM python:3.9-alpine\nRUN echo quick "+unique+"\nCOPY --from=slow /etc/passwd /p\n")
	// A terminal is one where CI is set, too.
	tm := newTerminal(t, dir, 100, 45, "DOCKER_HOST="+e.Host, "CI=true")
	tm.say(`clear; stagewatch build; echo "it ended with $?"`)
	tm.await(`^it ended with 0$`,
		`^ +│ slow `+regexp.QuoteMeta(unique)+`$`,
		`^RAN +slow 2/3 +RUN sleep 1`,
		`^BUILT .* ran, `,
		`^stage +steps +hit +ran +merged +time +saved +size$`,
		`^slow +3 +[0-9]+ +[0-9]+ .*MB`,
		`^The image was removed\. To keep it, name it with -t\.$`)
	order := regexp.MustCompile(`(?m)^(?:HIT|RAN|MERGED) +(\S+ \d/\d)`).FindAllStringSubmatch(tm.screen(), -1)
	var got []string
	for _, m := range order {
		got = append(got, m[1])
	}
	if want := "slow 1/3, slow 2/3, slow 3/3, stage-1 1/3, stage-1 2/3, stage-1 3/3"; strings.Join(got, ", ") != want {
		t.Errorf("the steps came as %v", got)
	}
	if !colors.MatchString(tm.run("capture-pane", "-p", "-e")) {
		t.Error("no colours")
	}

	tm.say(`clear; NO_COLOR=1 stagewatch build -t ` + strings.ToLower("stagewatch-test-once:"+unique) + `; echo "it ended with $?"`)
	screen := tm.await(`(?s)(.*)^it ended with 0$`, `^HIT +slow 2/3`, `^Kept: the image stagewatch-test-once:`)
	if strings.Contains(screen, "│") {
		t.Error("what cached steps printed is shown unasked")
	}
	if colors.MatchString(tm.run("capture-pane", "-p", "-e")) {
		t.Error("NO_COLOR is not obeyed")
	}
	tm.say(`clear; docker image rm ` + strings.ToLower("stagewatch-test-once:"+unique) + ` >/dev/null; stagewatch build --verbose; echo "it ended with $?"`)
	tm.await(`^it ended with 0$`, `^ +│ slow `+regexp.QuoteMeta(unique)+`$`)
}

// TestARecordingIsWrittenOverOnRequest asks first, and takes no for an answer.
func TestARecordingIsWrittenOverOnRequest(t *testing.T) {
	e := docktest.Engine(t)
	dir := t.TempDir()
	record := filepath.Join(dir, "session.jsonl")
	for name, text := range map[string]string{"session.jsonl": "what was recorded\n", "Dockerfile": "FROM python:3.9-alpine\nCMD sleep 1000\n"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	tm := newTerminal(t, dir, 120, 40, "DOCKER_HOST="+e.Host)
	run := `clear; stagewatch -p 0:8080 --record session.jsonl; echo "it ended with $?"`
	for _, no := range []string{"n", "", "yeah"} {
		tm.say("clear; echo ready")
		tm.await(`\Aready$`)
		tm.say(run)
		tm.await(`\Asession\.jsonl exists \(18 B, written .*\)\. Overwrite it\? \[y/N\]`)
		tm.say(no)
		tm.await(`^hint: Remove it, or name another file with --record\.$`, `^it ended with 1$`)
	}
	if dt, err := os.ReadFile(record); err != nil || string(dt) != "what was recorded\n" {
		t.Errorf("it holds %q, %v", dt, err)
	}
	tm.say("clear; echo ready")
	tm.await(`\Aready$`)
	tm.say(run)
	tm.await(`\Asession\.jsonl exists \(18 B, written .*\)\. Overwrite it\? \[y/N\]`)
	tm.say("y")
	tm.await(`╭─ 1 Stages`, `python:3\.9-alpine`)
	tm.press("q")
	tm.await(`^1 build in .*, none served\.$`, `^Nothing is left on the engine but the build cache\.$`, `^Recorded in session\.jsonl\. Play it again with: stagewatch replay session\.jsonl$`, `^it ended with 0$`)
}
