package plan

import "strings"

// CachedAs returns what a builder's list of cached results calls that of a step, or a part of it: the instruction, or
// for a RUN the command. It may hold the values of arguments.
func (p *Plan) CachedAs(s Step) string {
	if len(s.ops) == 0 {
		return ""
	}
	o := p.ops[s.ops[len(s.ops)-1]]
	if exec := o.pb.GetExec(); exec != nil {
		return "from exec " + strings.Join(exec.Meta.Args, " ")
	}
	// Its number changes with what stands before it.
	if _, instruction, ok := strings.Cut(o.name, "] "); ok {
		return instruction
	}
	return o.name
}
