package engine

import (
	"errors"

	"github.com/stagewatch/stagewatch/engine/human"
	"github.com/stagewatch/stagewatch/engine/measure"
)

// overBudget is the error of a session of one build that is over its budget: the number of limits that it exceeds.
type overBudget int

func (e overBudget) Error() string { return "the build exceeds " + human.Count(int(e), "limit") }

// OverBudget reports whether an error is that of a build that is over its budget, which has been reported as warnings.
func OverBudget(err error) bool { return errors.As(err, new(overBudget)) }

// judged takes in how a build stands with its budget, which decides how a session of one build ends. In any other it is a
// warning.
func (l *loop) judged(v measure.Verdict) {
	switch {
	case !l.cfg.Once || l.err != nil:
	case len(v.Over) > 0:
		l.err = overBudget(len(v.Over))
	case v.Err != nil:
		l.err = v.Err
	}
}
