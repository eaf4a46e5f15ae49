// Package doctor checks everything that stagewatch needs, and says of each part what is there and what to do: the
// engine and its BuildKit, the Dockerfile and its base images, the context, the port, the system's limits.
//
// It checks as stagewatch itself would: it opens the port, watches the folders and lets the engine look base images up.
// It builds, pulls and starts nothing. It removes what dead sessions left on the engine, as every start of stagewatch
// does. Texts are passed on unchanged, control characters included; the caller decides how a finding looks.
package doctor

import (
	"cmp"
	"context"
	"fmt"

	"github.com/stagewatch/stagewatch/engine/config"
	"github.com/stagewatch/stagewatch/engine/dock"
	"github.com/stagewatch/stagewatch/engine/event"
	"github.com/stagewatch/stagewatch/engine/fault"
	"github.com/stagewatch/stagewatch/engine/plan"
	"github.com/stagewatch/stagewatch/engine/project"
	"github.com/stagewatch/stagewatch/engine/solve"
	"github.com/stagewatch/stagewatch/engine/tree"
)

// Status is the verdict on one finding.
type Status string

// The verdicts. Only what stops stagewatch is a failure.
const (
	OK   Status = "ok"
	Note Status = "note"
	Fail Status = "fail"
)

// Finding is the result of one check. The field names are a contract with other programs.
type Finding struct {
	// Check is one of [Checks]. There is a "base image" for each image that is needed, and a "port" for each port that
	// is published.
	Check  string `json:"check"`
	Status Status `json:"status"`
	// Detail says what is there, or what is wrong.
	Detail string `json:"detail"`
	// Hint says what to do, empty if there is nothing to do.
	Hint string `json:"hint,omitempty"`
}

// Checks returns the names of the checks, in the order in which they are made.
func Checks() []string {
	return []string{"engine", "builder", "image store", "Dockerfile", "base image", "context", "port", "watching", "leftovers", "addresses", "log"}
}

// examination is one run of all checks.
type examination struct {
	cfg    config.Config
	report func(Finding)

	// engine, info and builder are zero if no engine answers.
	engine  *dock.Engine
	info    event.Engine
	builder *solve.Builder

	// project is nil where the context can't be opened.
	project *project.Project
	// folders counts the watched folders below the root.
	folders int
	// plan is nil if the Dockerfile can't be planned. bases are the images that it needs.
	plan  *plan.Plan
	bases []base
}

// Run makes every check for what cfg would build and run, and calls report with each finding at once. It leaves out a
// check if an earlier failure left it nothing to look at.
func Run(ctx context.Context, cfg config.Config, report func(Finding)) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	x := &examination{cfg: cfg}
	x.report = func(f Finding) {
		if ctx.Err() != nil {
			return // an interruption is no finding
		}
		var source []byte
		if x.project != nil {
			source = x.project.Source()
		}
		values := cfg.Values(source)
		f.Detail, f.Hint = values.Text(f.Detail), values.Text(f.Hint)
		report(f)
	}
	x.checkEngine(ctx)
	if x.engine != nil {
		defer x.engine.Close()
		x.checkBuilder(ctx)
	}
	if x.builder != nil {
		defer x.builder.Close()
	}
	x.openProject(ctx)
	if x.project != nil {
		defer x.project.Close()
		x.checkDockerfile(ctx)
		x.checkBases(ctx)
		x.checkContext()
	}
	x.checkPorts(ctx)
	if x.project != nil {
		x.checkWatching()
	}
	// An engine without a builder is not one that stagewatch runs on.
	if x.engine != nil && x.info.Builder != "" {
		x.checkLeftovers(ctx)
		x.checkAddresses(ctx)
		x.checkLog(ctx)
	}
}

func (x *examination) ok(check, format string, args ...any) {
	x.report(Finding{Check: check, Status: OK, Detail: fmt.Sprintf(format, args...)})
}

func (x *examination) note(check, hint, format string, args ...any) {
	x.report(Finding{Check: check, Status: Note, Detail: fmt.Sprintf(format, args...), Hint: hint})
}

func (x *examination) fail(check, hint, format string, args ...any) {
	x.report(Finding{Check: check, Status: Fail, Detail: fmt.Sprintf(format, args...), Hint: hint})
}

// failed reports an error with the error's own hint, or else the given one.
func (x *examination) failed(check string, err error, hint string) {
	x.fail(check, cmp.Or(fault.Hint(err), hint), "%s", solve.PlainMessage(err.Error()))
}

// openProject opens the contexts and reads the Dockerfile, as a session does but for the watching.
func (x *examination) openProject(ctx context.Context) {
	p, err := project.Open(ctx, x.cfg.Build, project.Options{Waiting: x.cfg.Waiting})
	if err != nil {
		x.failed("context", err, "Name the folder with the Dockerfile: stagewatch doctor [CONTEXT].")
		return
	}
	x.project = p
}

// context returns the main context as it is now.
func (x *examination) context() *tree.Snapshot { return x.project.Snapshots()[""] }
