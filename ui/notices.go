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

// noticed remembers when changes of each kind were last left out of a build.
type noticed map[string]time.Time

// news reports whether a skip is the first of its kind for a while. A folder that the app itself writes to is news once.
func (n noticed) news(s story.Skip) bool {
	kind := s.Reason + " " + s.Rule
	if len(s.Paths) > 0 {
		if dir := path.Dir(s.Paths[0]); dir != "." {
			kind += " " + dir
		} else {
			kind += " " + s.Paths[0]
		}
	}
	if len(n) > maxNoticed {
		clear(n)
	}
	seen := n[kind]
	n[kind] = s.At
	return s.At.Sub(seen) >= noticeQuiet
}

// notice shows for a moment that a save led to no build. It never replaces the answer to a key.
func (m *Model) notice(s story.Skip) {
	if !m.noticed.news(s) || m.story.Current() == nil || m.toast.until.After(s.At) && !m.toast.passing {
		return
	}
	m.toast = toast{text: present.SkipNotice(s), style: draw.Good, until: s.At.Add(toastTime), passing: true}
}
