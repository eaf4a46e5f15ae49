package plan

import (
	"fmt"
	"maps"
	"slices"

	"github.com/moby/buildkit/solver/pb"
	"github.com/moby/buildkit/util/apicaps"
)

// lack is something that older engines leave undone without a word.
type lack struct {
	// what is what the Dockerfile asks for, otherwise what an older engine does instead, first the version of Docker Engine
	// that knows it.
	what, otherwise, first string
}

var (
	patternsLack = lack{"--exclude and --parents", "would copy everything", "23"}
	modeLack     = lack{"--chmod with letters", "would take every permission away", "28"}

	// lacks are what the capabilities that a Dockerfile can ask for are about.
	lacks = map[apicaps.CapID]lack{
		pb.CapExecMetaCDI:        {"RUN --device", "would run the command without the device", "28"},
		pb.CapExecMountTmpfsSize: {"the size of a tmpfs mount", "would set no limit", "23"},
		pb.CapExecSecretEnv:      {"a secret in an environment variable", "would run the command without it", "23"},
	}
)

// withDevices returns the engine's capabilities and that of RUN --device. The converter leaves a device out where the
// engine can't provide one, and nothing would be left to check.
func withDevices(caps *apicaps.CapSet) *apicaps.CapSet {
	return capSet(append(capsOf(caps), string(pb.CapExecMetaCDI)))
}

// checkCapable returns an error where the engine would leave undone what the Dockerfile asks for. Engines compare the
// capabilities that an op asks for with their own, but not all of them, nor in all versions.
func (p *Plan) checkCapable(in Input) error {
	for i := range p.ops {
		o := &p.ops[i]
		l, lacking := p.lack(o, in.Caps)
		if !lacking {
			continue
		}
		e := &Error{
			Filename: in.Filename,
			Message:  fmt.Sprintf("this engine's BuildKit is too old for %s: it %s. %s", l.what, l.otherwise, knownSince(l.first)),
			Hint:     "Build on a newer engine (--host or --context names another one), or write the line without it.",
		}
		if at := p.located(i); at != nil {
			e.Line, e.End = at.lines[0], at.ends[0]
			e.Excerpt = Excerpt(in.Dockerfile, e.Line, e.End)
		}
		return e
	}
	return nil
}

// located returns op i, or if it has no line the first op that has one and reads it, nil for none.
func (p *Plan) located(i int) *op {
	for j := i; j < len(p.ops); j++ {
		o := &p.ops[j]
		if len(o.lines) > 0 && (j == i || slices.Contains(o.inputs, i)) {
			return o
		}
	}
	return nil
}

func knownSince(first string) string {
	if first == "" {
		return "Newer ones may know it"
	}
	return fmt.Sprintf("Docker Engine %s and newer know it", first)
}

// lack returns what the op asks for and the engine lacks. The converter announces nothing of what file ops ask for.
func (p *Plan) lack(o *op, caps *apicaps.CapSet) (lack, bool) {
	for _, a := range o.pb.GetFile().GetActions() {
		c := a.GetCopy()
		if c == nil {
			continue
		}
		if len(c.IncludePatterns)+len(c.ExcludePatterns) > 0 && caps.Supports(pb.CapFileCopyIncludeExcludePatterns) != nil {
			return patternsLack, true
		}
		// No BuildKit announces file.copy.modestring, which came in 0.20. CDI devices came in the same version.
		if c.ModeStr != "" && caps.Supports(pb.CapExecMetaCDI) != nil {
			return modeLack, true
		}
	}
	for _, id := range slices.Sorted(maps.Keys(p.def.Metadata[string(o.digest)].GetCaps())) {
		if caps.Supports(apicaps.CapID(id)) == nil {
			continue
		}
		if l, ok := lacks[apicaps.CapID(id)]; ok {
			return l, true
		}
		return lack{what: "what this line asks for (" + id + ")", otherwise: "would leave it undone"}, true
	}
	return lack{}, false
}
