package ui

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/charmbracelet/x/ansi"
	"github.com/muesli/termenv"

	"github.com/stagewatch/stagewatch/ui/draw"
)

var border = regexp.MustCompile("─+")

// paintedRuns lists what a frame paints otherwise than as plain text: for each line its number, and each run of text
// after the name of its style. The sides of panels are left out, and lines of a border are shortened.
func paintedRuns(t *testing.T, frame string) string {
	t.Helper()
	names := styleNames()
	var out strings.Builder
	for i, line := range strings.Split(frame, "\n") {
		var runs []string
		name := ""
		for line != "" {
			seq, width, n, _ := ansi.DecodeSequence(line, ansi.NormalState, nil)
			if width == 0 && strings.HasPrefix(seq, "\x1b[") {
				if seq == "\x1b[0m" {
					name = ""
				} else if name = names[seq]; name == "" {
					name = "sgr " + strings.Trim(seq, "\x1b[m")
				}
				line = line[n:]
				continue
			}
			end := strings.IndexByte(line, 0x1b)
			if end < 0 {
				end = len(line)
			}
			if text := border.ReplaceAllString(line[:end], "─"); name != "" && strings.Trim(text, "│┃") != "" {
				runs = append(runs, fmt.Sprintf("%s ‹%s›", name, text))
			}
			line = line[end:]
		}
		if len(runs) > 0 {
			fmt.Fprintf(&out, "%2d  %s\n", i+1, strings.Join(runs, "  "))
		}
	}
	return out.String()
}

// styleNames names what each style looks like on the terminal of [newScreen]. Where two look alike, the first of them
// gives the name, for nobody sees the difference.
func styleNames() map[string]string {
	roles := []struct {
		style draw.Style
		name  string
	}{
		{draw.Plain, "plain"}, {draw.Dim, "dim"}, {draw.Accent, "accent"}, {draw.Focus, "focus"}, {draw.Good, "good"}, {draw.Warn, "warn"}, {draw.Bad, "bad"},
		{draw.BadgeGood, "badge-good"}, {draw.BadgeWarn, "badge-warn"}, {draw.BadgeBad, "badge-bad"}, {draw.BadgeAccent, "badge-accent"}, {draw.Match, "match"},
	}
	flags := []struct {
		style draw.Style
		name  string
	}{{draw.Bold, "+bold"}, {draw.Underline, "+underline"}, {draw.Reverse, "+reverse"}, {draw.Selected, "+selected"}}
	theme := draw.NewTheme(draw.Terminal{Profile: termenv.TrueColor, Dark: true})
	names := map[string]string{}
	for set := range 1 << len(flags) {
		for _, r := range roles {
			style, name := r.style, r.name
			for i, f := range flags {
				if set&(1<<i) != 0 {
					style, name = style|f.style, name+f.name
				}
			}
			c := draw.NewCanvas(1, 1)
			c.Text(0, 0, 1, style, "x")
			seq, _, _ := strings.Cut(c.String(theme), "x")
			if _, taken := names[seq]; !taken {
				names[seq] = name
			}
		}
	}
	return names
}
