package engine

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/stagewatch/stagewatch/engine/config"
	"github.com/stagewatch/stagewatch/engine/event"
	"github.com/stagewatch/stagewatch/engine/event/eventtest"
	"github.com/stagewatch/stagewatch/engine/solve"
	"github.com/stagewatch/stagewatch/engine/tree"
)

const checkedDockerfile = rigDockerfile + "FROM build AS test\nCOPY tests /tests\nRUN pytest\nFROM base AS lint\nCOPY src /src\nRUN ruff\nFROM small\nCOPY --from=build /out /out\n"

// newChecked begins a loop with the stages test and lint beside the target.
func newChecked(t *testing.T, gates, checks []string) *rig {
	return newRig(t, config.Config{}, func(d *deps) { withChecks(t, d, gates, checks) })
}

// withChecks gives a loop the stages and the checks.
func withChecks(t *testing.T, d *deps, gates, checks []string) {
	d.cfg.Gates, d.cfg.Checks = gates, checks
	for name, text := range map[string]string{"Dockerfile": checkedDockerfile, "tests/t": "1"} {
		(&rig{t: t, dir: d.project.Root()}).write(name, text)
	}
	if _, err := d.project.Rescan(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// fail ends the newest build with the failure of a step, which printed a line.
func (r *rig) fail(instruction, says string) {
	b := r.builder.last()
	for _, s := range b.req.Plan.Steps {
		if s.Instruction != instruction {
			continue
		}
		b.req.Emit(event.Step{Stage: s.Stage, Index: s.Index, Instruction: s.Instruction, State: event.Running})
		b.req.Emit(event.Output{Stage: s.Stage, Index: s.Index, Stream: "stdout", Text: says})
		f := event.Failed{Stage: s.Stage, Index: s.Index, Line: s.Line, Instruction: s.Instruction, Message: "exit code: 1"}
		b.end <- &solve.Failure{Failed: f, Err: errStep}
	}
	synctest.Wait()
}

// up ends the build of the target and has its container serve, with what measures it.
func (r *rig) up() {
	r.t.Helper()
	r.succeed()
	r.ready()
}

// ready has the container of the newest build serve, where that is a new one, and ends what measures it.
func (r *rig) ready() {
	r.t.Helper()
	r.runner.Last().BecomeReady(nil)
	synctest.Wait()
	r.measured()
}

// checked returns how the checks stood, in words.
func checked(events []event.Event) []string {
	var out []string
	for _, e := range eventtest.All[event.Check](events) {
		b := e.Body.(event.Check)
		text := fmt.Sprintf("#%d %s %s", e.Build, b.Named(), b.State)
		if b.State == event.CheckUnaffected {
			text += " " + string(b.Result)
		}
		if b.Red() && b.State != event.CheckRunning {
			text += " " + b.Since()
		}
		if b.Mended {
			text += " again"
		}
		out = append(out, text)
	}
	return out
}

// wantChecked compares how the checks stood since the last time.
func (r *rig) wantChecked(want ...string) []event.Event {
	r.t.Helper()
	events := r.drain()
	if diff := cmp.Diff(want, checked(events)); diff != "" {
		r.t.Error(diff)
	}
	return events
}

// TestChecksFollowWhatServes: they are built one after the other once the new container serves, export nothing, and those that
// an edit can't affect are not built.
func TestChecksFollowWhatServes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newChecked(t, nil, []string{"test", "lint"})
		defer r.close()
		r.succeed()
		r.wantChecked()
		r.ready()
		if req := r.builder.last().req; req.Plan.Target != "test" || !req.NoImage || len(req.Tags) > 0 || !strings.HasSuffix(req.Record.Name, ": check test") {
			t.Fatalf("after the build: %+v", req)
		}
		r.succeed()
		r.succeed()
		r.wantChecked("#1 check test running", "#1 check test passed", "#1 check lint running", "#1 check lint passed")

		r.save("tests/t", "2")
		r.up()
		r.fail("RUN pytest", "1 failed")
		events := r.wantChecked("#2 check test running", "#2 check test failed since build #2: tests/t changed", "#2 check lint unaffected passed")
		failed := eventtest.All[event.Check](events)[1].Body.(event.Check)
		if diff := cmp.Diff([]event.OutputLine{{Stream: "stdout", Text: "1 failed"}}, failed.Output); diff != "" || failed.Failed.Line == 0 || !slices.Equal(failed.Paths, []string{"tests/t"}) {
			t.Errorf("%+v %s", failed, diff)
		}

		// It fails by the same cause: the edit that turned it red stays to blame.
		r.save("src/a", "2")
		r.up()
		r.fail("RUN pytest", "2 failed")
		r.succeed()
		r.wantChecked("#3 check test running", "#3 check test failed since build #2: tests/t changed", "#3 check lint running", "#3 check lint passed")

		r.save("tests/t", "1")
		r.up()
		r.succeed()
		r.wantChecked("#4 check test running", "#4 check test passed again", "#4 check lint unaffected passed")
	})
}

// TestASaveCancelsChecksOfAnOlderOne, whose edits then belong to the next result.
func TestASaveCancelsChecksOfAnOlderOne(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newChecked(t, nil, []string{"test"})
		defer r.close()
		r.up()
		r.succeed()
		r.drain()

		r.save("src/a", "2")
		r.up()
		canceled := r.builder.last()
		r.save("src/b", "2")
		if canceled.over == nil || canceled.req.Plan.Target != "test" {
			t.Error("the check of the older save goes on")
		}
		r.up()
		r.fail("RUN pytest", "failed")
		events := r.wantChecked("#2 check test running", "#2 check test canceled", "#3 check test running", "#3 check test failed since build #3: src/a and 1 more changed")
		last := eventtest.All[event.Check](events)[3].Body.(event.Check)
		if diff := cmp.Diff([]string{"src/a", "src/b"}, last.Paths); diff != "" {
			t.Error(diff)
		}

		// Another step fails: another edit is to blame.
		r.save("Dockerfile", strings.Replace(checkedDockerfile, "RUN pytest", "RUN pytest -x", 1))
		r.up()
		r.fail("RUN pytest -x", "failed")
		got := checked(r.drain())
		if want := "#4 check test failed since build #4: Dockerfile:10 was RUN pytest, is RUN pytest -x"; !slices.Contains(got, want) {
			t.Errorf("%q is not in %q", want, got)
		}
	})
}

// TestAGateHoldsTheHandOverBack: what serves goes on serving, which is said, until a build passes.
func TestAGateHoldsTheHandOverBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newChecked(t, []string{"test"}, []string{"lint"})
		defer r.close()
		r.succeed()
		if r.runner.Last() != nil {
			t.Fatal("a container started before its gate passed")
		}
		r.succeed()
		r.ready()
		serves := r.runner.Last()
		r.succeed()
		r.wantChecked("#1 gate test running", "#1 gate test passed", "#1 check lint running", "#1 check lint passed")

		r.save("src/a", "2")
		r.succeed()
		r.intents <- event.Await{ID: "1", Now: true}
		if a, _ := eventtest.One[event.Answer](t, r.drain()); a.Result != event.AnswerPending || !strings.Contains(a.Message, "gates of build #2") {
			t.Errorf("%+v", a)
		}
		if req := r.builder.last().req; req.Plan.Target != "test" || req.Record.Name != "" {
			t.Errorf("the gate is solved for %s as %q", req.Plan.Target, req.Record.Name)
		}
		r.fail("RUN pytest", "failed")
		r.succeed()
		events := r.wantChecked("#2 gate test failed since build #2: src/a changed", "#2 check lint running", "#2 check lint passed")
		if s, _ := eventtest.One[event.Stale](t, events); s.ServingBuild != 1 || s.Reason != "gate test of build #2 failed" || s.EditsBehind != 1 {
			t.Errorf("%+v", s)
		}
		if r.runner.Last() != serves {
			t.Error("a container of the build that is held back was started")
		}
		r.intents <- event.Await{ID: "2"}
		if a, n := eventtest.One[event.Answer](t, r.drain()); n != 2 || a.Result != event.AnswerFailed || a.Failed == nil || !strings.Contains(a.Message, "gate test") {
			t.Errorf("build %d: %+v", n, a)
		}

		// An edit that the gate does not depend on does not open it.
		r.save("Dockerfile", checkedDockerfile+"ENV A=1\n")
		r.succeed()
		r.wantChecked("#3 gate test unaffected failed since build #2: src/a changed", "#3 check lint unaffected passed")

		r.save("src/a", "3")
		r.succeed()
		r.succeed()
		r.runner.Last().BecomeReady(nil)
		events = r.drain()
		if s, n := eventtest.One[event.Serving](t, events); n != 4 || s.EditsBehind != 0 {
			t.Errorf("build %d serves: %+v", n, s)
		}
		if got := checked(events); len(got) < 2 || got[1] != "#4 gate test passed again" {
			t.Errorf("%q", got)
		}
	})
}

// TestAWaitForChecks ends once those of what serves are done: with the failure of the first that is red.
func TestAWaitForChecks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newChecked(t, nil, []string{"test", "lint"})
		defer r.close()
		r.intents <- event.Await{ID: "1", Checks: true}
		r.up()
		r.succeed()
		if early := eventtest.All[event.Answer](r.drain()); len(early) > 0 {
			t.Fatalf("answered before all checks are done: %+v", early)
		}
		r.succeed()
		if a, n := eventtest.One[event.Answer](t, r.drain()); n != 1 || a.Result != event.AnswerServed {
			t.Errorf("build %d: %+v", n, a)
		}

		r.save("tests/t", "2")
		r.intents <- event.Await{ID: "2", Checks: true}
		r.intents <- event.Await{ID: "3"}
		r.up()
		r.fail("RUN pytest", "1 failed")
		answers := eventtest.All[event.Answer](r.drain())
		if len(answers) != 2 {
			t.Fatalf("%+v", answers)
		}
		if a := answers[0].Body.(event.Answer); a.ID != "3" || a.Result != event.AnswerServed {
			t.Errorf("without checks: %+v", a)
		}
		if a := answers[1].Body.(event.Answer); a.Result != event.AnswerFailed || a.Check != "test" || a.Failed == nil || a.Message != "check test failed since build #2: tests/t changed" {
			t.Errorf("%+v", a)
		}
	})
}

// TestASaveSupersedesGates: the newer build is handed over, and the older one never.
func TestASaveSupersedesGates(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newChecked(t, []string{"test"}, nil)
		defer r.close()
		r.succeed()
		r.save("src/a", "2")
		r.succeed()
		r.succeed()
		r.runner.Last().BecomeReady(nil)
		events := r.wantChecked("#1 gate test running", "#1 gate test canceled", "#2 gate test running", "#2 gate test passed")
		if _, n := eventtest.One[event.Serving](t, events); n != 2 {
			t.Errorf("build %d serves", n)
		}
	})
}

// TestAFailedCheckOfAnEngineThatIsGoneIsNoResult: it is built again when the engine is back.
func TestAFailedCheckOfAnEngineThatIsGoneIsNoResult(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newChecked(t, nil, []string{"test"})
		defer r.close()
		r.up()
		r.pinger.gone.Store(true)
		r.builder.last().end <- errors.New("the connection broke")
		r.wantChecked("#1 check test running")
		r.pinger.gone.Store(false)
		time.Sleep(2 * enginePoll)
		r.wantChecked("#1 check test canceled")
	})
}

// TestABuilderThatIsAway is said to be, and not the engine; what is pending is built when it is back.
func TestABuilderThatIsAway(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newChecked(t, nil, []string{"test"})
		defer r.close()
		r.pinger.builder = "team (remote)"
		r.up()
		r.pinger.gone.Store(true)
		r.builder.last().end <- errors.New("the connection broke")
		synctest.Wait()
		w, _ := eventtest.One[event.Warning](t, r.wantChecked("#1 check test running"))
		if w.Code != event.CodeEngineGone || !strings.HasPrefix(w.Message, "builder team (remote) does not answer") || strings.Contains(w.Message+w.Hint, "engine") || w.Hint == "" {
			t.Errorf("%+v", w)
		}
		r.pinger.gone.Store(false)
		time.Sleep(2 * enginePoll)
		r.wantChecked("#1 check test canceled")
	})
}

// TestACheckThatCannotBePlannedFails, and the target is built all the same.
func TestACheckThatCannotBePlannedFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newChecked(t, nil, []string{"test"})
		defer r.close()
		r.up()
		r.succeed()
		r.drain()
		r.save("Dockerfile", strings.Replace(checkedDockerfile, "AS test", "AS tests", 1))
		r.up()
		events := r.wantChecked("#2 check test failed since build #2: the Dockerfile changed")
		if f := eventtest.All[event.Check](events)[0].Body.(event.Check).Failed; f == nil || !strings.Contains(f.Message, "test") {
			t.Errorf("%+v", f)
		}
	})
}

// checkedOnce begins a session of one build.
func checkedOnce(t *testing.T, gates, checks []string) *rig {
	return newRig(t, config.Config{Session: config.Session{Once: true}}, func(d *deps) {
		d.cfg.Tags = []string{"app"}
		withChecks(t, d, gates, checks)
	})
}

// end waits for the end of a session of one build.
func (r *rig) end() error {
	err := <-r.ended
	r.ended <- err
	return err
}

// TestOneBuildIsNamedOnceItsGatesPass, and its checks are built after it.
func TestOneBuildIsNamedOnceItsGatesPass(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := checkedOnce(t, []string{"test"}, []string{"lint"})
		defer r.close()
		if tags := r.builder.last().req.Tags; len(tags) > 0 {
			t.Errorf("the image is named %q before its gates passed", tags)
		}
		r.succeed()
		if built := eventtest.All[event.Built](r.drain()); len(built) > 0 {
			t.Errorf("reported before: %+v", built)
		}
		r.succeed()
		r.measured()
		r.fail("RUN ruff", "E501")
		events := r.wantChecked("#1 gate test passed", "#1 check lint running", "#1 check lint failed since build #1: first build")
		if b, _ := eventtest.One[event.Built](t, events); b.Tag != "app" {
			t.Errorf("%+v", b)
		}
		if err := r.end(); !ChecksFailed(err) || err.Error() != "1 check failed" {
			t.Error(err)
		}
	})
}

func TestOneBuildIsNotNamedWhereAGateFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := checkedOnce(t, []string{"test", "lint"}, nil)
		defer r.close()
		r.succeed()
		r.succeed()
		r.fail("RUN ruff", "E501")
		events := r.wantChecked("#1 gate test running", "#1 gate test passed", "#1 gate lint running", "#1 gate lint failed since build #1: first build")
		if built := eventtest.All[event.Built](events); len(built) > 0 {
			t.Errorf("%+v", built)
		}
		if err := r.end(); !ChecksFailed(err) {
			t.Error(err)
		}
	})
}

// TestGatesOfSavesInARowGetTheirTurn: each save supersedes the build of the one before, and what serves moves on all the same.
func TestGatesOfSavesInARowGetTheirTurn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newChecked(t, []string{"test"}, nil)
		defer r.close()
		r.builder.takes = 2 * time.Second
		r.runner.Take(10 * time.Millisecond)
		for n := range 30 {
			r.save("src/a", fmt.Sprint("edit ", n))
			time.Sleep(3 * time.Second)
		}
		served := eventtest.All[event.Serving](r.drain())
		if len(served) < 2 {
			t.Errorf("%d builds served, of 30 saves", len(served))
		}
	})
}

// TestACheckThatReadWhatMovedIsBuiltAgain: it is not known of which content its result is.
func TestACheckThatReadWhatMovedIsBuiltAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newChecked(t, nil, []string{"test"})
		defer r.close()
		r.up()
		first := r.builder.last()
		r.write("tests/t", "for a moment")
		f, err := first.req.Contexts["context"].(*tree.FS).Open("tests/t")
		if err != nil {
			t.Fatal(err)
		}
		_, _ = io.Copy(io.Discard, f)
		f.Close()
		r.succeed()
		if again := r.builder.last(); again == first || again.req.Plan.Target != "test" {
			t.Fatalf("after it %s is built", again.req.Plan.Target)
		}
		r.succeed()
		r.wantChecked("#1 check test running", "#1 check test passed")
	})
}

// TestACheckOnABaseThatMoved is built anew with everything else.
func TestACheckOnABaseThatMoved(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newChecked(t, nil, []string{"test"})
		defer r.close()
		r.up()
		r.builder.last().end <- &solve.Failure{Failed: event.Failed{Message: "not found"}, Err: errStep, Moved: []string{"base"}}
		events := r.wantChecked("#1 check test running", "#1 check test canceled")
		if p := eventtest.All[event.Planned](events); len(p) != 2 || p[1].Body.(event.Planned).Reason.Kind != event.ReasonImage {
			t.Errorf("%+v", p)
		}
	})
}

// TestARequestBuildsEveryCheck, as one may have failed by chance.
func TestARequestBuildsEveryCheck(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newChecked(t, nil, []string{"test"})
		defer r.close()
		r.up()
		r.fail("RUN pytest", "failed")
		r.drain()
		r.intents <- event.Rebuild{}
		r.up()
		r.succeed()
		r.wantChecked("#2 check test running", "#2 check test passed again")
	})
}
