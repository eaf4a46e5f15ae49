package engine

import (
	"github.com/stagewatch/stagewatch/engine/event"
	"github.com/stagewatch/stagewatch/engine/serve"
	"github.com/stagewatch/stagewatch/engine/solve"
)

// ended handles the result of a build.
func (l *loop) ended(j *job, res *solve.Result, err error) {
	delete(l.builds.superseded, j)
	l.trimHistory(manyRecords)
	switch {
	case j != l.builds.running && err == nil:
		// It was superseded, and finished all the same.
		l.discard(res.Image)
	case j != l.builds.running:
	case err == nil:
		l.succeeded(j, res)
	case l.Ctx().Err() == nil:
		l.failed(j, err)
	}
}

// succeeded handles a build that ended well. The order of what follows matters:
//
//   - First what became of the build is completed and reported: its event carries the score.
//   - Then it is compared with the good build before it, which explains broken promises and gives advice.
//   - Then it takes that one's place, and its changes are pending no longer.
//   - Then it goes on to serve, which has it measured; and what others still use is known again. Where there are gates, it
//     serves, and ends, once they pass.
//   - Last comes the build that was held back for the end of this one, or that builds again what was written to while this
//     one read it: it finds everything in place.
func (l *loop) succeeded(j *job, res *solve.Result) {
	l.builds.running = nil
	j.relay.adjust(j.plan, res)
	j.result = res
	l.images.made[res.Image] = true
	broken := l.tally.keep(j)
	l.forgotten(j)
	if !l.namedLate() {
		l.reportBuilt(j)
	}

	l.broke(j, broken)
	l.advise(j)

	moved := l.moved(j)
	l.pending.contained(j.seq)
	l.builds.good = j
	if l.project.UseCache() {
		// As --no-cache, it is for one build: nobody waits for a download at each save.
		l.replanAnew()
	}
	l.err = nil
	l.unblock()

	gated := l.checks.Gated()
	if !gated {
		l.deploy(j)
	}
	news := l.again(moved)
	if gated && (!news || l.paused) {
		l.pass(j)
	} else {
		l.over()
	}
	if news && l.builds.running == nil && !l.paused {
		l.next(trigger{news: true})
	}
}

// reportBuilt reports a build that ended well.
func (l *loop) reportBuilt(j *job) {
	res := j.result
	l.tally.saved += res.Saved
	e := event.Built{Target: j.plan.Target, Image: res.Image, MS: res.Took.Milliseconds(), Hits: res.Hits, Ran: res.Ran, SavedMS: res.Saved.Milliseconds(), SessionSavedMS: l.tally.saved.Milliseconds(), BroughtBytes: res.Brought, Score: l.tally.score, Shortcuts: res.Plan.TakenShortcuts()}
	if l.cfg.Exported {
		e.Exported = res.Exported
	}
	if len(res.Tags) > 0 {
		e.Tag, e.MoreTags = res.Tags[0], res.Tags[1:]
	}
	l.Emit(j.number, e)
}

// deploy brings a build into service, where anything is run, and has it measured.
func (l *loop) deploy(j *job) {
	if l.app == nil {
		l.measure(j)
		return
	}
	l.app.Deploy(serve.Release{Build: j.number, Image: j.result.Image, SavedAt: j.savedAt, Edits: j.edits, Deployed: func() { l.measure(j) }})
}
