package ui

import (
	"fmt"
	"slices"
	"strings"

	"github.com/stagewatch/stagewatch/ui/draw"
)

// keyLine offers the keys that work here, the most particular first, as many as fit. Help and quit are
// always among them.
func (m *Model) keyLine(width int) draw.Line {
	var here []command
	for _, c := range m.commands() {
		if c.rank > 0 && c.rank < 90 && (c.when == nil || c.when(m)) {
			here = append(here, c)
		}
	}
	slices.SortStableFunc(here, func(a, b command) int { return a.rank - b.rank })
	var always draw.Line
	for _, c := range m.commands() {
		if c.rank >= 90 {
			always = append(always, m.keyHelp(c)...)
		}
	}
	var line draw.Line
	room := width - always.Width()
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
	h := c.Help()
	return draw.Line{}.Add(draw.Accent, h.Key).Add(draw.Plain, " ").Add(draw.Dim, h.Desc+"  ")
}

// helpRows lists every key by group, and the words that the screen uses.
func (m *Model) helpRows(width int) []row {
	rows := m.helpList()
	if width < 100 {
		return rows
	}
	// Two columns, where there is room: nobody scrolls through help.
	half := len(rows)
	for i, r := range rows {
		// The end of a group nearest to the middle.
		if len(r.left) == 0 && max(i, len(rows)-i) < max(half, len(rows)-half) {
			half = i
		}
	}
	out := make([]row, max(half, len(rows)-half-1))
	for i := range out {
		var left draw.Line
		if i < half {
			left = rows[i].left
		}
		out[i].left = left
		if j := half + 1 + i; j < len(rows) {
			out[i].left = append(left.Add(draw.Plain, strings.Repeat(" ", max(1, width/3-left.Width()))), rows[j].left...)
		}
	}
	return out
}

func (m *Model) helpList() []row {
	var rows []row
	group := ""
	for _, c := range m.commands() {
		if c.group == "Replay" && m.opt.Tape == nil || c.group == "Do" && m.opt.Tape != nil {
			continue
		}
		if c.group != group {
			if group != "" {
				rows = append(rows, row{})
			}
			group = c.group
			rows = append(rows, row{left: draw.Line{}.Add(draw.Accent|draw.Bold, group)})
		}
		h := c.Help()
		rows = append(rows, row{left: draw.Line{}.Add(draw.Plain|draw.Bold, fmt.Sprintf("  %-14s", h.Key)).Add(draw.Plain, h.Desc)})
	}
	rows = append(rows, row{}, row{left: draw.Line{}.Add(draw.Accent|draw.Bold, "Words")})
	for _, w := range [][2]string{
		{"HIT", "BuildKit had the result already; what that saved is the step's last real run"},
		{"RAN", "the step ran in this build"},
		{"FAILED", "the step ended the build"},
		{"SKIPPED", "never reached, because the build failed before it"},
		{"CANCELED", "stopped, because a newer change superseded the build"},
		{"MOVED ON", "begun by a build that was superseded; the next build goes on with it"},
		{"will hit", "expected, not yet seen: small letters are predictions"},
		{"≈1.2s", "what the step took when it last ran"},
		{"+ ~ -", "what a layer adds, changes of those below, and removes"},
		{"wasted", "in the image, and seen by nobody: a later layer has it again, or removes it"},
		{"LIVE", "what answers is built from the newest save"},
		{"STALE", "what answers is older than the newest save"},
	} {
		rows = append(rows, row{left: draw.Line{}.Add(draw.Plain|draw.Bold, fmt.Sprintf("  %-14s", w[0])).Add(draw.Dim, w[1])})
	}
	return rows
}
