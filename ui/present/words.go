package present

import (
	"fmt"
	"path"

	"github.com/stagewatch/stagewatch/ui/draw"
	"github.com/stagewatch/stagewatch/ui/story"
)

// cause says why a build was made.
func cause(b *story.Build, t tight) string {
	if len(b.Paths) > 0 {
		return changed(b.Paths, t)
	}
	if b.Because != "" {
		return b.Because
	}
	if b.Number == 1 {
		return "first build"
	}
	return "on request"
}

// changed names the first path and counts the others, as shortly as t asks for.
func changed(paths []string, t tight) string {
	if len(paths) == 0 {
		return "something changed"
	}
	name := draw.CutLeft(paths[0], 48)
	if t >= noFolder {
		name = draw.CutLeft(path.Base(paths[0]), 24)
	}
	if n := len(paths) - 1; n > 0 {
		name += fmt.Sprintf(" +%d", n)
	}
	if t >= noWords {
		return name
	}
	return name + " changed"
}
