package ui

import (
	"path"
	"time"

	"github.com/stagewatch/stagewatch/ui/draw"
	"github.com/stagewatch/stagewatch/ui/present"
	"github.com/stagewatch/stagewatch/ui/story"
)

// noticeQuiet is how long there must be no changes of a kind before the next one is news again.
const noticeQuiet = time.Minute

// maxNoticed bounds how many kinds are remembered.
const maxNoticed = 500

// notice shows for a moment that a save led to no build. A folder that the app itself writes to is news only once. The
// notice never replaces the answer to a key.
func (m *Model) notice(s story.Skip) {
	kind := s.Reason + " " + s.Rule
	if len(s.Paths) > 0 {
		if dir := path.Dir(s.Paths[0]); dir != "." {
			kind += " " + dir
		} else {
			kind += " " + s.Paths[0]
		}
	}
	if len(m.noticed) > maxNoticed {
		clear(m.noticed)
	}
	seen := m.noticed[kind]
	m.noticed[kind] = s.At
	if s.At.Sub(seen) < noticeQuiet || m.story.Current() == nil || m.toast.until.After(s.At) && !m.toast.passing {
		return
	}
	m.toast = toast{
		text:  present.SkipNotice(s),
		style: draw.Good, until: s.At.Add(toastTime), passing: true,
	}
}
