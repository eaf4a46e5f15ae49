package plan

import (
	"fmt"

	"github.com/moby/buildkit/solver/pb"
	"github.com/moby/buildkit/util/apicaps"
)

// needs are what a COPY or an ADD may ask for that older engines do not know and, as BuildKit's converter does
// not tell them that it is asked for, would do otherwise without a word.
var needs = []struct {
	cap   apicaps.CapID
	asked func(*pb.FileActionCopy) bool
	what  string
	// otherwise is what an engine without it does, since the Docker Engine that is the first with it.
	otherwise, since string
}{
	{pb.CapFileCopyIncludeExcludePatterns, func(c *pb.FileActionCopy) bool { return len(c.IncludePatterns)+len(c.ExcludePatterns) > 0 }, "--exclude and --parents", "would copy everything", "23"},
	// No BuildKit says that it has file.copy.modestring, which came in 0.20. CDI devices came with it.
	{pb.CapExecMetaCDI, func(c *pb.FileActionCopy) bool { return c.ModeStr != "" }, "--chmod with letters", "would take every permission away", "28"},
}

// checkCapable fails where the engine would build something else than the Dockerfile says.
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
				e := &Error{Filename: in.Filename, Message: fmt.Sprintf("this engine's BuildKit is too old for %s: it %s. Docker Engine %s and newer know it", n.what, n.otherwise, n.since)}
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
