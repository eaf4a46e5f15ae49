package engine

import (
	"github.com/stagewatch/stagewatch/engine/event"
	"github.com/stagewatch/stagewatch/engine/image"
)

// inspection is what is known of the files of the build that was accounted for last. They are told only where
// somebody wants to look through them: there are thousands.
type inspection struct {
	wanted bool
	// number is that build's, 0 where none was accounted for, and files are its stages'.
	number int
	files  []image.Listing
	// told are the layers that the newest event has or knows, and toldOf is its build.
	told   map[string]bool
	toldOf int
}

// inspected takes in the files of a build.
func (l *loop) inspected(number int, files []image.Listing) {
	in := &l.sizes.files
	in.number, in.files = number, files
	l.tellFiles()
}

// tellFiles tells the newest files, once, to who wants them; of layers that were told last the digest only.
func (l *loop) tellFiles() {
	in := &l.sizes.files
	if !in.wanted || in.number == in.toldOf {
		return
	}
	var e event.Files
	known := in.told
	if known == nil {
		known = map[string]bool{}
	}
	in.told, in.toldOf = map[string]bool{}, in.number
	for _, of := range in.files {
		stage := of.Files(known)
		for _, layer := range stage.Layers {
			in.told[layer.Digest] = true
		}
		e.Stages = append(e.Stages, stage)
	}
	l.Emit(in.number, e)
}
