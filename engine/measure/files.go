package measure

import (
	"github.com/stagewatch/stagewatch/engine/event"
	"github.com/stagewatch/stagewatch/engine/image"
)

// files is what is known of the files of the build that was accounted for last. They are reported only where somebody
// wants to look through them: there are thousands.
type files struct {
	wanted bool
	// number is that build's, 0 where none was accounted for, and stages are its listings.
	number int
	stages []image.Listing
	// reported is the build of the newest event, and known are the layers that this event has or refers to.
	reported int
	known    map[string]bool
}

// replace records the files of a build.
func (f *files) replace(number int, stages []image.Listing) {
	f.number, f.stages = number, stages
}

// report returns the newest files if they are wanted, once. Layers of the event before are given by their digest only.
func (f *files) report() (event.Files, bool) {
	if !f.wanted || f.number == f.reported {
		return event.Files{}, false
	}
	var e event.Files
	before := f.known
	if before == nil {
		before = map[string]bool{}
	}
	f.known, f.reported = map[string]bool{}, f.number
	for _, of := range f.stages {
		stage := of.Files(before)
		for _, layer := range stage.Layers {
			f.known[layer.Digest] = true
		}
		e.Stages = append(e.Stages, stage)
	}
	return e, true
}
