// Package present lays out what the dashboard shows: pure functions of a [View] and a width that return rows and lines.
//
// It does no IO and knows nothing of focus, cursors, keys or terminals. Texts from outside are clean already: ui/story
// cleans what comes in, and what comes by another way is cleaned here.
package present

import (
	"time"

	"github.com/stagewatch/stagewatch/ui/draw"
	"github.com/stagewatch/stagewatch/ui/story"
)

// View is what the screen shows at one moment: the story, and how it is looked at.
type View struct {
	Story *story.Story
	// Now is the time on the screen. In a replay it is that of the tape.
	Now time.Time
	// Spin counts the turns of the spinners.
	Spin int
	// Pinned is the build that is shown in place of the newest; 0 is the newest.
	Pinned int
	// Folded holds the folds that were turned by hand, by the names of [FoldName] and [Files.FoldName].
	Folded map[string]bool
	// Recorded reports whether there is no engine that could be asked for more.
	Recorded bool
	// Context, Dockerfile and Target name what is being worked on. Context is empty where nobody knows it.
	Context, Dockerfile, Target string
	// Keys are the names of the keys that texts mention.
	Keys Keys
}

// Keys are names of keys, as they are written on the keyboard.
type Keys struct{ Open, Restart, Logs string }

// Shown returns the build that the panels show: the pinned one, else the newest. It is nil before the first.
func (v View) Shown() *story.Build {
	if v.Pinned != 0 {
		if b := v.Story.Build(v.Pinned); b != nil {
			return b
		}
	}
	return v.Story.Current()
}

// Sized returns the build whose sizes are shown: the pinned one, else the newest that has any. It is nil where there is
// none.
func (v View) Sized() *story.Build {
	if b := v.Shown(); b != nil && (b.Sizes != nil || v.Pinned != 0) {
		if b.Sizes == nil {
			return nil
		}
		return b
	}
	return v.Story.Sizes()
}

// Printed reports whether a step of the build that is shown has printed anything.
func (v View) Printed() bool {
	printed := false
	if b := v.Shown(); b != nil {
		b.Steps(func(s *story.Step) { printed = printed || len(s.Output.Lines) > 0 })
	}
	return printed
}

func (v View) spinner() string {
	frames := []string{"⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"}
	return frames[((v.Spin%len(frames))+len(frames))%len(frames)]
}

// tableWidth is the width from which rows have columns of their own for bars and states.
const tableWidth = 72

func dim(text string) Row { return Row{Left: draw.Line{}.Add(draw.Dim, text)} }
