package ui

import (
	"fmt"
	"slices"
	"strings"

	"github.com/stagewatch/stagewatch/ui/draw"
	"github.com/stagewatch/stagewatch/ui/present"
)

// keyLine says where a search is and offers as many of the keys that work here as fit, the most specific first. Help and
// quit are always among them.
func (m *Model) keyLine(width int) draw.Line {
	var here []command
	all := m.commandsFor(m.doable())
	for _, c := range all {
		if c.rank > 0 && c.rank < 90 && (c.when == nil || c.when(m)) {
			here = append(here, c)
		}
	}
	slices.SortStableFunc(here, func(a, b command) int { return a.rank - b.rank })
	var always draw.Line
	for _, c := range all {
		if c.rank >= 90 {
			always = append(always, m.keyHelp(c)...)
		}
	}
	var line draw.Line
	if m.look.Search != "" {
		line = append(line.Add(draw.Plain|draw.Bold, "/"+draw.Cut(m.look.Search, 20)+" "), m.foundNote()...).Add(draw.Plain, "  ")
	}
	room := width - always.Width() - line.Width()
	for _, c := range here {
		h := m.keyHelp(c)
		if n := h.Width(); n <= room {
			line = append(line, h...)
			room -= n
		}
	}
	return append(line, always...)
}

func (m *Model) keyHelp(c command) draw.Line {
	return draw.Line{}.Add(draw.Accent, m.keyName(c)).Add(draw.Plain, " ").Add(draw.Dim, c.Help().Desc+"  ")
}

// keyName is what is written on a key. Arrows become words in ASCII, where they would look like other keys.
func (m *Model) keyName(c command) string {
	if !m.look.Theme.ASCII() {
		return c.Help().Key
	}
	return strings.NewReplacer("↑", "up", "↓", "down", "→", "right", "←", "left").Replace(c.Help().Key)
}

// helpRows lists every key by group, and the words that the screen uses.
func (m *Model) helpRows(width int) []present.Row {
	groups := m.helpGroups()
	if width < 100 {
		return present.Flow(grouped(groups), width)
	}
	// Nobody scrolls through help: it gets two columns where there is room.
	const gap = 2
	leftWidth := width / 3
	var left, right []present.Row
	for n := 1; n < len(groups); n++ {
		l, r := present.Flow(grouped(groups[:n]), leftWidth), present.Flow(grouped(groups[n:]), width-leftWidth-gap)
		if left == nil || max(len(l), len(r)) < max(len(left), len(right)) {
			left, right = l, r
		}
	}
	out := make([]present.Row, max(len(left), len(right)))
	for i := range out {
		if i < len(left) {
			out[i].Left = left[i].Left
		}
		if i < len(right) {
			fill := strings.Repeat(" ", leftWidth+gap-out[i].Left.Width())
			out[i].Left = append(out[i].Left[:len(out[i].Left):len(out[i].Left)].Add(draw.Plain, fill), right[i].Left...)
		}
	}
	return out
}

// grouped returns the groups one below the other, with a blank line between.
func grouped(groups [][]present.Row) []present.Row {
	var rows []present.Row
	for i, g := range groups {
		if i > 0 {
			rows = append(rows, present.Row{})
		}
		rows = append(rows, g...)
	}
	return rows
}

func (m *Model) helpGroups() [][]present.Row {
	const name = "  %-14s"
	indent := len(fmt.Sprintf(name, ""))
	var groups [][]present.Row
	last := ""
	for _, c := range m.commands() {
		if c.group == "Replay" && m.opt.Tape == nil || c.group == "Do" && m.opt.Tape != nil {
			continue
		}
		if c.group != last {
			last = c.group
			groups = append(groups, []present.Row{present.Heading(last)})
		}
		g := &groups[len(groups)-1]
		*g = append(*g, present.Row{Left: draw.Line{}.Add(draw.Plain|draw.Bold, fmt.Sprintf(name, m.keyName(c))).Add(draw.Plain, c.Help().Desc), Hang: indent})
	}
	words := []present.Row{present.Heading("Words")}
	for _, w := range [][2]string{
		{"LIVE", "what answers is built from the newest save"},
		{"STALE", "what answers is older than the newest save"},
		{"HIT", "BuildKit had the result; saved is the time of its last real run"},
		{"RAN", "the step ran in this build"},
		{"MERGED", "the same as a step of another stage, and counted there"},
		{"FAILED", "the step ended the build"},
		{"SKIPPED", "not reached because the build failed before it"},
		{"CANCELED", "stopped because a newer change came"},
		{"MOVED ON", "a newer build took it over and goes on with it"},
		{"#3", "the third build of this session"},
		{"build 4/6", "step 4 of the 6 of stage build, as BuildKit numbers them"},
		{"will hit", "expected but not yet seen: small letters are predictions"},
		{"≈1.2s", "how long the step took when it last ran"},
		{"+ ~ -", "what a layer adds, changes and removes"},
		{"wasted", "in the image, but hidden: a later layer replaces or removes it"},
	} {
		words = append(words, present.Row{Left: draw.Line{}.Add(draw.Plain|draw.Bold, fmt.Sprintf(name, w[0])).Add(draw.Dim, w[1]), Hang: indent})
	}
	return append(groups, words)
}
