package plan

import (
	"maps"
	"slices"

	"github.com/opencontainers/go-digest"

	"github.com/stagewatch/stagewatch/engine/event"
)

// Shortcuts are the ways by which copies of a plan's graph get the same files sooner. The zero value has none.
//
// A COPY --from reads the last state of a stage. Whenever that state is new, BuildKit walks the folder around what the copy
// selects, which for /app is the whole file system of the stage, and hashes what it selects: for 200 ms and more, even if
// the step that made the state new wrote elsewhere or wrote a single file.
//
// So a copy passes over the last steps of its stage. A step that wrote elsewhere is left out: in the state before it the
// copy is the one that is in the cache. A step that wrote into the folder that is copied is done aside: on an empty file
// system that has nothing but that folder, as it was before. What is copied is the same to the byte: content, owners,
// modes, times, and hard links within it.
type Shortcuts map[port][]pass

// port is an input of an op: op is an index into Plan.ops, input one into its inputs.
type port struct{ op, input int }

// pass is a step that a copy passes over, as an index into Plan.ops.
type pass struct {
	op int
	// aside is set where the step is done aside, else it is left out.
	aside bool
}

// Shortcuts returns all the steps that copies may pass over, from the last one of the stage backwards. It proves each by
// what the states hold before the step, of which it asks; an error of states is returned.
//
// A step is passed over if all that it does is to copy files or to make folders. Where it writes, and what the copy
// selects, are followed through every symbolic link on the way.
func (p *Plan) Shortcuts(states States) (Shortcuts, error) {
	found := Shortcuts{}
	for i := range p.ops {
		for k := range p.ops[i].inputs {
			over, err := p.passable(i, k, states)
			if err != nil {
				return nil, err
			}
			if len(over) > 0 {
				found[port{i, k}] = over
			}
		}
	}
	return found, nil
}

// passable returns the steps that input k of op i may pass over.
func (p *Plan) passable(i, k int, states States) (over []pass, err error) {
	sources := p.ops[i].selects(k)
	if len(sources) == 0 {
		return nil, nil
	}
	aside := false
	for at := p.ops[i].inputs[k]; ; {
		w, ok := p.writes(at)
		if !ok {
			return over, nil
		}
		before := state{p.writesOn(at), states}
		here := pass{op: at}
		apart, err := before.apart(sources, w)
		if err != nil {
			return nil, err
		}
		if !apart {
			if here.aside, err = before.within(sources, w); err != nil || !here.aside || p.ops[at].namesUser() {
				return over, err
			}
		}
		if aside = aside || here.aside; aside {
			// Whatever is there is copied once more.
			if few, err := states.Few(before.op, sources[0]); err != nil || !few {
				return over, err
			}
		}
		over = append(over, here)
		at = before.op
	}
}

// MayShorten reports whether a copy of the plan may have a shortcut, as far as can be told with no look at the states.
func (p *Plan) MayShorten() bool {
	if p.plain {
		return false
	}
	for i := range p.ops {
		for k, j := range p.ops[i].inputs {
			if len(p.ops[i].selects(k)) > 0 {
				if _, ok := p.writes(j); ok {
					return true
				}
			}
		}
	}
	return false
}

// Shortened returns the plan with those shortcuts of s that serve a build with these predictions, one for each step. Every
// step is still built, itself or aside. It is done aside only if it is expected to rerun, or if it is among the ops that
// were done aside last: one of both ways is in the cache. Steps, reasons and predictions are those of p. The mark tells the
// results of its twins from those of plans with another mark.
func (p *Plan) Shortened(s Shortcuts, predictions []Prediction, aside []int, mark string) *Plan {
	short := *p
	short.shortcuts, short.mark = maps.Clone(s), mark
	for at, over := range short.shortcuts {
		for n, here := range over {
			if here.aside && !p.reruns(here.op, predictions) && !slices.Contains(aside, here.op) {
				short.shortcuts[at] = over[:n]
				break
			}
		}
	}
	for short.cut() {
	}
	maps.DeleteFunc(short.shortcuts, func(_ port, over []pass) bool { return len(over) == 0 })
	return &short
}

// reruns reports whether all steps of an op are expected to rerun.
func (p *Plan) reruns(op int, predictions []Prediction) bool {
	return len(p.ops[op].steps) > 0 && !slices.ContainsFunc(p.ops[op].steps, func(step int) bool {
		return step >= len(predictions) || predictions[step].Prediction != event.WillRerun
	})
}

// cut ends one shortcut earlier: one that leaves out a step which is not built then, or that does one aside which is built
// anyway. It reports whether there was one.
func (p *Plan) cut() bool {
	needed, aside := p.built()
	for i := range p.ops {
		for k := range p.ops[i].inputs {
			over := p.shortcuts[port{i, k}]
			for n, here := range over {
				if here.aside && needed[here.op] || !here.aside && !needed[here.op] && !aside[here.op] {
					p.shortcuts[port{i, k}] = over[:n]
					return true
				}
			}
		}
	}
	return false
}

// built returns which ops the target needs, and which are done aside.
func (p *Plan) built() (needed, aside []bool) {
	needed, aside = make([]bool, len(p.ops)), make([]bool, len(p.ops))
	var need func(i, k int)
	need = func(i, k int) {
		from, done := p.way(i, k)
		needed[from] = true
		for _, j := range done {
			aside[j] = true
			for n := range p.ops[j].inputs {
				if n != p.ops[j].writesInput() {
					need(j, n)
				}
			}
		}
	}
	needed[len(p.ops)-1] = true
	for i := len(p.ops) - 1; i >= 0; i-- {
		if needed[i] {
			for k := range p.ops[i].inputs {
				need(i, k)
			}
		}
	}
	return needed, aside
}

// way returns how input k of op i is provided: by the result of the op from, with the ops done on what is copied of it, in
// their order.
func (p *Plan) way(i, k int) (from int, done []int) {
	over := p.shortcuts[port{i, k}]
	if len(over) == 0 {
		return p.ops[i].inputs[k], nil
	}
	for _, here := range slices.Backward(over) {
		if here.aside {
			done = append(done, here.op)
		}
	}
	return p.writesOn(over[len(over)-1].op), done
}

// DoneAside returns the ops that are done aside.
func (p *Plan) DoneAside() []int {
	if !p.Shortens() {
		return nil
	}
	_, aside := p.built()
	var ops []int
	for i, done := range aside {
		if done {
			ops = append(ops, i)
		}
	}
	return ops
}

// Shortens reports whether the plan has shortcuts.
func (p *Plan) Shortens() bool { return len(p.shortcuts) > 0 }

// Within reports whether all that copies of the plan pass over is among what was proven.
func (p *Plan) Within(proven Shortcuts) bool {
	for at, over := range p.shortcuts {
		if has := proven[at]; len(has) < len(over) || !slices.Equal(has[:len(over)], over) {
			return false
		}
	}
	return true
}

// TakenShortcuts returns what the plan's copies pass over, a copy after the other.
func (p *Plan) TakenShortcuts() []event.Shortcut {
	var taken []event.Shortcut
	for _, s := range p.Steps {
		short := event.Shortcut{Step: s.ID()}
		for _, o := range s.ops {
			for k := range p.ops[o].inputs {
				for _, here := range p.shortcuts[port{o, k}] {
					into := &short.LeftOut
					if here.aside {
						into = &short.Aside
					}
					for _, step := range p.ops[here.op].steps {
						*into = append(*into, p.Steps[step].ID())
					}
				}
			}
		}
		if len(short.LeftOut)+len(short.Aside) > 0 {
			taken = append(taken, short)
		}
	}
	return taken
}

// Graph returns a digest that is equal for plans of the same graph.
func (p *Plan) Graph() digest.Digest { return p.ops[len(p.ops)-1].fullKey }

// Same reports whether both plans have the same graph.
func (p *Plan) Same(other *Plan) bool { return p.Graph() == other.Graph() }
