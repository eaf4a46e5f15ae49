// Package doctor looks at all that stagewatch needs and says of each what is there and what to do: the
// engine and its BuildKit, the Dockerfile and its base images, the context, the port, the system's limits.
//
// It asks where stagewatch itself would ask, so that its verdict is the one that counts: it opens the port,
// watches the folders and has the engine look base images up. It builds, pulls and starts nothing. What dead
// sessions left on the engine it removes, as every start of stagewatch does. How a finding looks is the
// business of who shows it; texts are as they came, control characters included.
package doctor

import (
	"cmp"
	"context"
	"fmt"

	"github.com/stagewatch/stagewatch/engine"
	"github.com/stagewatch/stagewatch/engine/config"
	"github.com/stagewatch/stagewatch/engine/dock"
	"github.com/stagewatch/stagewatch/engine/event"
	"github.com/stagewatch/stagewatch/engine/fault"
	"github.com/stagewatch/stagewatch/engine/plan"
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

// Finding is what came out of one check. The field names are a contract with other programs.
type Finding struct {
	// Check is one of engine, builder, image store, Dockerfile, base image, context, port, watching,
	// leftovers and addresses. There is a "base image" for each one that is needed, and a
	// "port" for each that is published.
	Check  string `json:"check"`
	Status Status `json:"status"`
	// Detail is what is there, or what is wrong.
	Detail string `json:"detail"`
	// Hint is what to do; empty where there is nothing to do.
	Hint string `json:"hint,omitempty"`
}

// Checks are the names of the checks, in the order in which they are made.
func Checks() []string {
	return []string{"engine", "builder", "image store", "Dockerfile", "base image", "context", "port", "watching", "leftovers", "addresses", "log"}
}

// examination is one run of all checks.
type examination struct {
	cfg    config.Config
	report func(Finding)

	// engine, info and builder are nil, zero and nil where there is none that answers.
	engine  *dock.Engine
	info    event.Engine
	builder *solve.Builder

	root, dockerfile string
	// source is the Dockerfile's text.
	source []byte
	own    *tree.OwnRules
	rules  *tree.Rules
	tree   *tree.Tree
	// folders counts those below the root that are watched.
	folders int
	// plan is nil where the Dockerfile can't be planned, bases what it asked for.
	plan  *plan.Plan
	bases []base
}

// Run makes every check for what cfg would build and run, and hands each finding to report as soon as it is
// known. A check that has nothing to look at, because an earlier one failed, is left out.
func Run(ctx context.Context, cfg config.Config, report func(Finding)) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	x := &examination{cfg: cfg}
	x.report = func(f Finding) {
		if ctx.Err() != nil {
			return // that it was told to end is no finding
		}
		values := cfg.Values(x.source)
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
	if x.openContext(ctx) {
		x.checkDockerfile(ctx)
		x.checkBases(ctx)
		x.checkContext()
	}
	x.checkPorts(ctx)
	if x.tree != nil {
		x.checkWatching()
	}
	if x.engine != nil {
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

// failed reports an error with the hint that it brings, or else the one given.
func (x *examination) failed(check string, err error, hint string) {
	x.fail(check, cmp.Or(fault.Hint(err), hint), "%s", solve.PlainMessage(err.Error()))
}

// openContext finds the folder and the Dockerfile, and reads the ignore rules and the tree.
func (x *examination) openContext(ctx context.Context) bool {
	var err error
	if x.root, x.dockerfile, err = engine.Locate(x.cfg.Build); err != nil {
		x.failed("context", err, "")
		return false
	}
	x.dockerfile = engine.InCase(x.dockerfile)
	if x.rules, err = tree.LoadRules(x.root, x.dockerfile); err != nil {
		x.failed("context", err, "Mend the pattern; docker build refuses it too.")
		return false
	}
	if x.own, err = engine.OwnRules(x.cfg.Build, x.root); err != nil {
		x.failed("context", err, "")
		return false
	}
	x.rules = x.rules.With(x.own)
	if x.tree, err = tree.Load(ctx, x.root, x.rules); err != nil {
		x.failed("context", err, "Give the folder that holds the Dockerfile: stagewatch doctor [CONTEXT].")
		x.tree = nil
		return false
	}
	return true
}
