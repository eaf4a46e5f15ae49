package measure

import (
	"context"

	"github.com/stagewatch/stagewatch/engine/budget"
	"github.com/stagewatch/stagewatch/engine/event"
	"github.com/stagewatch/stagewatch/engine/solve"
)

// account reports where the bytes of a measured build are, warns of what its files are likely to break, and compares it with
// its budget. Rough sizes wait for it. It returns the sizes that were reported.
func (m *Meter) account(ctx context.Context, b Build, of Measured) event.Sized {
	var a Accounted
	err := whileFrozen(ctx, func() error {
		return m.needs.Solver.InTurn(ctx, func() (err error) {
			contexts, key := m.needs.Contexts()
			a, err = m.needs.Insight.Read(ctx, of, contexts, key)
			return err
		})
	})
	var dive *budget.Efficiency
	var unread error
	if m.needs.Budget != nil {
		dive, unread = m.needs.Budget.read(ctx, of)
	}
	m.Do(func() {
		switch {
		case ctx.Err() != nil:
			// A newer build has taken over.
		case err != nil:
			if of.rough() {
				m.took(b.Number, of.Sized)
			}
			w := event.Warning{Code: event.CodeUnaccounted, Message: err.Error()}
			if solve.OutOfFiles(err) {
				w.Message, w.Hint = solve.NoFiles()
			}
			m.Emit(b.Number, w)
			if m.needs.Budget != nil && !of.rough() {
				m.judged(b, m.needs.Budget.judge(of, of.Sized, nil, dive, unread))
			}
		default:
			if of.rough() {
				m.took(b.Number, a.Sized)
			}
			var v Verdict
			if m.needs.Budget != nil {
				v = m.needs.Budget.judge(of, a.Sized, &a.Ledger, dive, unread)
			}
			for _, w := range v.Over {
				a.Ledger.Warnings, a.Ledger.Standing = append(a.Ledger.Warnings, w.Message), append(a.Ledger.Standing, w.ID())
			}
			m.Emit(b.Number, a.Ledger)
			for _, w := range a.Warnings {
				m.Emit(b.Number, w)
			}
			m.judged(b, v)
			m.files.replace(b.Number, a.Files)
			m.reportFiles()
		}
	})
	if err == nil && of.rough() {
		return a.Sized
	}
	return of.Sized
}

// judged reports how a build stands with its budget, and keeps its size for the next session.
func (m *Meter) judged(b Build, v Verdict) {
	for _, w := range v.News {
		m.Emit(b.Number, w)
	}
	if v.Err != nil {
		m.Emit(b.Number, event.Warning{Code: event.CodeNotJudged, Message: v.Err.Error()})
	}
	if v.keep != nil {
		m.Aside(&m.background, func() {
			// Where it can't be kept nothing can, which the session reports.
			_ = v.keep.Save(m.needs.Budget.file)
		})
	}
	b.Judged(v)
}
