package story

import (
	"strings"

	"github.com/stagewatch/stagewatch/engine/event"
	"github.com/stagewatch/stagewatch/ui/clean"
)

// maxInspected is the number of builds whose files are kept.
const maxInspected = 10

// Layers returns the layers of a stage with their files, nil where they are not known.
func (b *Build) Layers(stage string) []event.LayerFiles {
	if b.Files != nil {
		for _, s := range b.Files.Stages {
			if s.Stage == stage {
				return s.Layers
			}
		}
	}
	return nil
}

// files sets the files of a build. Layers that are marked as known have the files of the previous event.
func (s *Story) files(b *Build, f event.Files) {
	layers := map[string]event.LayerFiles{}
	var files event.Files
	for _, in := range f.Stages {
		stage := event.StageFiles{Stage: clean.Line(in.Stage)}
		for _, l := range in.Layers {
			before, ok := layers[l.Digest]
			if !ok {
				before = s.layers[l.Digest]
			}
			if l.Known {
				l.Folders, l.Gone = before.Folders, before.Gone
			} else {
				l.Folders, l.Gone = folders(l.Folders), lines(l.Gone)
			}
			l.Instruction, l.Step.Stage = clean.Line(l.Instruction), clean.Line(l.Step.Stage)
			stage.Layers = append(stage.Layers, l)
			layers[l.Digest] = l
		}
		files.Stages = append(files.Stages, stage)
	}
	b.Files, s.layers = &files, layers
	kept := 0
	for i := len(s.Builds) - 1; i >= 0; i-- {
		if s.Builds[i].Files == nil {
			continue
		}
		if kept++; kept > maxInspected {
			s.Builds[i].Files = nil
		}
	}
}

func folders(in []event.FolderFiles) []event.FolderFiles {
	out := make([]event.FolderFiles, len(in))
	for i, f := range in {
		out[i] = event.FolderFiles{Path: clean.Line(f.Path), Files: make(map[string]int64, len(f.Files))}
		for name, bytes := range f.Files {
			out[i].Files[strings.ReplaceAll(clean.Line(name), "/", "")] = bytes
		}
	}
	return out
}
