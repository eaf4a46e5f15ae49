package story

import (
	"strings"

	"github.com/stagewatch/stagewatch/engine/event"
	"github.com/stagewatch/stagewatch/ui/clean"
)

// maxInspected bounds the builds whose files are kept.
const maxInspected = 10

// Layers finds the layers of a stage whose files are known, nil where they are not.
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

// files takes in the files of a build; those of the layers that it only names are those that were told last.
func (s *Story) files(b *Build, f event.Files) {
	layers := map[string]event.LayerFiles{}
	var told event.Files
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
		told.Stages = append(told.Stages, stage)
	}
	b.Files, s.layers = &told, layers
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
