package plan

import (
	"slices"
	"strings"

	"github.com/moby/buildkit/solver/pb"
)

// selects returns the paths that a copy selects of its input k. It returns none for an op that does anything else with
// that input, or that selects by patterns: those may follow links among what they match.
func (o *op) selects(k int) []string {
	if o.pb.GetFile() == nil || !o.readsByContent(k) {
		return nil
	}
	var sources []string
	for _, a := range o.pb.GetFile().Actions {
		c := a.GetCopy()
		if c == nil || slices.Contains(ownerInputs(c), k) {
			return nil
		}
		if int(a.SecondaryInput) != k {
			continue
		}
		s := newSelector(c.Src, c.AllowWildcard, c.FollowSymlink, c.IncludePatterns, c.ExcludePatterns)
		if s.wildcards || !s.follow || !s.include.none() || !s.exclude.none() || c.AttemptUnpackDockerCompatibility {
			return nil
		}
		sources = append(sources, s.path)
	}
	return sources
}

// ownerInputs returns the inputs in which a copy looks the names of the files' owner up.
func ownerInputs(c *pb.FileActionCopy) []int {
	var inputs []int
	for _, u := range []*pb.UserOpt{c.GetOwner().GetUser(), c.GetOwner().GetGroup()} {
		if name := u.GetByName(); name != nil {
			inputs = append(inputs, int(name.Input))
		}
	}
	return inputs
}

// namesUser reports whether the op looks the name of an owner up.
func (o *op) namesUser() bool {
	return slices.ContainsFunc(o.pb.GetFile().GetActions(), func(a *pb.FileAction) bool { return len(ownerInputs(a.GetCopy())) > 0 })
}

// writing is what a step writes: below path, and path itself with the folders above it that are missing.
type writing struct {
	path string
	// folder is set where path is a folder that is made unless it is there, and nothing more.
	folder bool
	// layered is set where the step's files are laid over those before it, as COPY --link does: a link on the way is
	// replaced, not followed.
	layered bool
}

// writes returns what op i writes. It reports false for an op that may do anything: one that runs a command, unpacks an
// archive, or removes.
func (p *Plan) writes(i int) (writing, bool) {
	if p.engine.Platform.OS != "linux" {
		return writing{}, false
	}
	o := &p.ops[i]
	if m := o.pb.GetMerge(); m != nil && len(o.inputs) == 2 && p.writesOn(o.inputs[1]) < 0 {
		w, ok := p.ops[o.inputs[1]].fileWrites()
		w.layered = true
		return w, ok
	}
	w, ok := o.fileWrites()
	return w, ok && p.writesOn(i) >= 0
}

// writesOn returns the op on whose result op i writes, -1 where it is none.
func (p *Plan) writesOn(i int) int {
	if on := p.ops[i].writesInput(); on >= 0 {
		return p.ops[i].inputs[on]
	}
	return -1
}

// writesInput returns the input on which the op writes, -1 where it is none.
func (o *op) writesInput() int {
	on := -1
	if actions := o.pb.GetFile().GetActions(); len(actions) > 0 {
		on = int(actions[0].Input)
	} else if o.pb.GetMerge() != nil {
		on = 0
	}
	if on >= len(o.inputs) {
		return -1
	}
	return on
}

// fileWrites returns what a file op writes. Of several actions each must go on where the one before it ended, and write
// to the same folder.
func (o *op) fileWrites() (writing, bool) {
	var w writing
	actions := o.pb.GetFile().GetActions()
	for n, a := range actions {
		if n > 0 && int(a.Input) != len(o.inputs)+n-1 {
			return w, false
		}
		if dir := a.GetMkdir(); dir != nil {
			return writing{path: clean(dir.Path), folder: true}, len(actions) == 1 && dir.MakeParents
		}
		c := a.GetCopy()
		if c == nil || c.AttemptUnpackDockerCompatibility || c.AlwaysReplaceExistingDestPaths {
			return w, false
		}
		// What has a slash behind it is a folder, and stays one whatever is copied into it.
		if len(actions) > 1 && (c.Dest != actions[0].GetCopy().GetDest() || !strings.HasSuffix(c.Dest, "/")) {
			return w, false
		}
		w.path = clean(c.Dest)
	}
	return w, len(actions) > 0
}
