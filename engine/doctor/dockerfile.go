package doctor

import (
	"cmp"
	"context"
	"errors"
	"fmt"

	"github.com/stagewatch/stagewatch/engine/fault"
	"github.com/stagewatch/stagewatch/engine/human"
	"github.com/stagewatch/stagewatch/engine/plan"
	"github.com/stagewatch/stagewatch/engine/solve"
)

func (x *examination) checkDockerfile(ctx context.Context) {
	if err := x.project.Check(); x.project.Missing() {
		x.fail("Dockerfile", fault.Hint(err), "there is no file %s", x.project.Dockerfile())
		return
	} else if err != nil {
		x.failed("Dockerfile", err, "")
		return
	}
	asked := &recorder{builder: x.builder}
	p, err := x.project.Plan(ctx, asked, "")
	if err != nil {
		x.brokenDockerfile(err)
		return
	}
	x.plan, x.bases = p, asked.inOrder(p.Stages)
	if _, err := x.project.Admit(ctx, p); err != nil {
		x.failed("context", err, "")
		return
	}
	needed := 0
	for _, s := range p.Stages {
		if s.Needed {
			needed++
		}
	}
	detail := fmt.Sprintf("%s: builds %s from %s", x.project.Name(), p.Target, human.Count(len(p.Stages), "stage"))
	if rest := len(p.Stages) - needed; rest > 0 {
		detail += fmt.Sprintf(", %d of which it does not need", rest)
	}
	if n := len(p.Lint); n > 0 {
		first := p.Lint[0]
		x.note("Dockerfile", fmt.Sprintf("line %d, %s: %s", first.Line, first.Rule, first.Message), "%s; %s", detail, human.Count(n, "lint warning"))
		return
	}
	x.ok("Dockerfile", "%s; no lint warnings", detail)
}

// brokenDockerfile reports why there is no plan, with the faulty line.
func (x *examination) brokenDockerfile(err error) {
	var broken *plan.Error
	if !errors.As(err, &broken) || broken.Line == 0 {
		x.failed("Dockerfile", err, solve.Hint(err.Error()))
		return
	}
	hint := cmp.Or(broken.Hint, solve.Hint(broken.Message))
	for _, l := range broken.Excerpt {
		if l.Blamed && hint == "" {
			hint = fmt.Sprintf("line %d reads: %s", l.Line, l.Text)
		}
	}
	x.fail("Dockerfile", hint, "%s, line %d: %s", x.project.Name(), broken.Line, broken.Message)
}
