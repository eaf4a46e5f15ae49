package ui

import (
	"fmt"

	"github.com/stagewatch/stagewatch/engine/event"
	"github.com/stagewatch/stagewatch/ui/draw"
	"github.com/stagewatch/stagewatch/ui/story"
)

// cause is why a build was made, in words.
func cause(b *story.Build, width int) string {
	if len(b.Paths) > 0 {
		return paths(b.Paths, width) + " changed"
	}
	if b.Because != "" {
		return b.Because
	}
	if b.Number == 1 {
		return "first build"
	}
	return "asked for"
}

// paths names the first path and counts the others.
func paths(list []string, width int) string {
	switch len(list) {
	case 0:
		return "something"
	case 1:
		return draw.CutLeft(list[0], width)
	}
	return draw.CutLeft(list[0], width) + fmt.Sprintf(" +%d", len(list)-1)
}

func skipReason(s event.Skipped) string {
	switch s.Reason {
	case event.Ignored:
		if s.Rule != "" {
			return "ignored by " + s.Rule
		}
		return "ignored"
	case event.Unchanged:
		return "the content is what it was"
	case event.Unused:
		return "no step that the target needs reads it"
	}
	return s.Reason
}
