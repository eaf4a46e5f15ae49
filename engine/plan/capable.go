package plan

import (
	"fmt"

	"github.com/moby/buildkit/solver/pb"
	"github.com/moby/buildkit/util/apicaps"
)

// needs are options of COPY and ADD that older engines silently ignore, as BuildKit's converter does not mark an op that
// has them.
var needs = []struct {
	cap   apicaps.CapID
	asked func(*pb.FileActionCopy) bool
	what  string
	// otherwise is what an older engine would do, first the version of Docker Engine that knows the option.
	otherwise, first string
}{
	{pb.CapFileCopyIncludeExcludePatterns, func(c *pb.FileActionCopy) bool { return len(c.IncludePatterns)+len(c.ExcludePatterns) > 0 }, "--exclude and --parents", "would copy everything", "23"},
	// No BuildKit announces file.copy.modestring, which came in 0.20. CDI devices came in the same version.
	{pb.CapExecMetaCDI, func(c *pb.FileActionCopy) bool { return c.ModeStr != "" }, "--chmod with letters", "would take every permission away", "28"},
}

// checkCapable returns an error where the engine would ignore an option of the Dockerfile.
func (p *Plan) checkCapable(in Input) error {
	for i := range p.ops {
		o := &p.ops[i]
		for _, a := range o.pb.GetFile().GetActions() {
			c := a.GetCopy()
			if c == nil {
				continue
			}
			for _, n := range needs {
				if !n.asked(c) || in.Caps.Supports(n.cap) == nil {
					continue
				}
				e := &Error{Filename: in.Filename, Message: fmt.Sprintf("this engine's BuildKit is too old for %s: it %s. Docker Engine %s and newer know it", n.what, n.otherwise, n.first)}
				if len(o.lines) > 0 {
					e.Line, e.End = o.lines[0], o.ends[0]
					e.Excerpt = Excerpt(in.Dockerfile, e.Line, e.End)
				}
				return e
			}
		}
	}
	return nil
}
