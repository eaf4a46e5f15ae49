package image

import (
	"path"
	"strings"

	"github.com/stagewatch/stagewatch/engine/event"
	"github.com/stagewatch/stagewatch/engine/plan"
)

// Listing is the files of a stage by layer. It shares them with the reader's memory.
type Listing struct {
	stage  string
	layers []listed
}

type listed struct {
	event.LayerFiles
	files []File
	gone  []string
}

// Listing returns the stage's files.
func (s *Stage) Listing() Listing {
	l := Listing{stage: s.Plan.Target}
	for i, layer := range s.Layers {
		in := listed{files: layer.Files, gone: layer.Gone}
		in.LayerFiles = event.LayerFiles{Digest: string(s.chains[i]), Instruction: s.instruction(layer.Step), Line: s.line(layer.Step), Bytes: layer.Bytes}
		if layer.Step >= 0 {
			in.Step = s.Plan.Steps[layer.Step].ID()
		}
		l.layers = append(l.layers, in)
	}
	return l
}

// Files returns the listing as an event. It leaves out the files of the layers whose digests are in known, and adds the
// digests of the others to known.
func (l Listing) Files(known map[string]bool) event.StageFiles {
	out := event.StageFiles{Stage: l.stage, Layers: []event.LayerFiles{}}
	for _, in := range l.layers {
		layer := in.LayerFiles
		if layer.Known = known[layer.Digest]; !layer.Known {
			known[layer.Digest] = true
			layer.Folders, layer.Gone = folders(in.files), in.gone
		}
		out.Layers = append(out.Layers, layer)
	}
	return out
}

// folders groups files by their folder. They must be sorted by path.
func folders(files []File) []event.FolderFiles {
	var out []event.FolderFiles
	at := map[string]int{}
	for _, f := range files {
		if f.Mode.IsDir() {
			continue
		}
		dir, name := path.Dir(f.Path), path.Base(f.Path)
		i, ok := at[dir]
		if !ok {
			i = len(out)
			at[dir] = i
			out = append(out, event.FolderFiles{Path: dir, Files: map[string]int64{}})
		}
		out[i].Files[name] = f.bytes()
	}
	return out
}

// Attribute sets the step that made each layer of a stage's size, and replaces the history's instruction, which
// contains the values of build arguments, by the step's. If the numbers of layers and steps differ, it shortens an
// instruction that may contain such values to its first word.
func Attribute(size *event.StageSize, p *plan.Plan) {
	base, steps := LayerSteps(p)
	matches := len(size.Layers) == p.BaseLayers+len(steps)
	if base >= 0 && matches && p.BaseLayers == 1 && !p.OnImage() {
		// The history has no entry for it, so its entries are off by one.
		size.Layers[0].CreatedBy = p.Steps[base].Instruction
	}
	for i := p.BaseLayers; i < len(size.Layers); i++ {
		layer := &size.Layers[i]
		if matches {
			s := p.Steps[steps[i-p.BaseLayers]]
			layer.Step, layer.CreatedBy = s.ID(), s.Instruction
			continue
		}
		// The variables in a command without build arguments are the shell's own.
		if word, rest, more := strings.Cut(layer.CreatedBy, " "); more && (word != "RUN" || strings.HasPrefix(rest, "|")) {
			layer.CreatedBy = word + " …"
		}
	}
}
