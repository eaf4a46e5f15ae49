package ui

import (
	"strings"
	"testing"

	"github.com/muesli/termenv"

	"github.com/stagewatch/stagewatch/ui/draw"
	"github.com/stagewatch/stagewatch/ui/term"
)

// terminals are the kinds of terminals as people have them, by what their environment says.
var terminals = map[string]struct {
	env  []string
	want draw.Terminal
}{
	"xterm":       {[]string{"TERM=xterm-256color"}, draw.Terminal{Profile: termenv.ANSI256}},
	"truecolor":   {[]string{"TERM=xterm-256color", "COLORTERM=truecolor"}, draw.Terminal{Profile: termenv.TrueColor}},
	"console":     {[]string{"TERM=linux"}, draw.Terminal{Profile: termenv.ANSI}},
	"screen":      {[]string{"TERM=screen"}, draw.Terminal{Profile: termenv.ANSI}},
	"tmux":        {[]string{"TERM=tmux"}, draw.Terminal{Profile: termenv.ANSI256}},
	"rxvt":        {[]string{"TERM=rxvt"}, draw.Terminal{Profile: termenv.ANSI}},
	"vte":         {[]string{"TERM=vte"}, draw.Terminal{Profile: termenv.ANSI}},
	"mono":        {[]string{"TERM=xterm-mono"}, draw.Terminal{Profile: termenv.ANSI, NoColor: true}},
	"rxvt-m":      {[]string{"TERM=rxvt-m"}, draw.Terminal{Profile: termenv.ANSI, NoColor: true}},
	"vt100":       {[]string{"TERM=vt100"}, draw.Terminal{Profile: termenv.ANSI, NoColor: true}},
	"no color":    {[]string{"TERM=xterm-256color", "NO_COLOR=1"}, draw.Terminal{Profile: termenv.ANSI, NoColor: true}},
	"CLICOLOR":    {[]string{"TERM=xterm", "CLICOLOR=0"}, draw.Terminal{Profile: termenv.ANSI, NoColor: true}},
	"dumb":        {[]string{"TERM=dumb"}, draw.Terminal{Profile: termenv.Ascii}},
	"dumb, plain": {[]string{"TERM=dumb", "NO_COLOR=1"}, draw.Terminal{Profile: termenv.Ascii, NoColor: true}},
	"no name":     {[]string{"TERM="}, draw.Terminal{Profile: termenv.Ascii}},
	"ascii":       {[]string{"TERM=screen", "STAGEWATCH_ASCII=1"}, draw.Terminal{Profile: termenv.ANSI, ASCII: true}},
	"ascii, dumb": {[]string{"TERM=dumb", "STAGEWATCH_ASCII=1"}, draw.Terminal{Profile: termenv.Ascii, ASCII: true}},
}

func TestTerminalsAreKnownByTheirEnvironment(t *testing.T) {
	for name, c := range terminals {
		t.Run(name, func(t *testing.T) {
			for _, clear := range []string{"TERM", "COLORTERM", "NO_COLOR", "CLICOLOR", "CLICOLOR_FORCE", "STAGEWATCH_ASCII", "GOOGLE_CLOUD_SHELL", "LC_ALL", "LC_CTYPE", "LANG"} {
				t.Setenv(clear, "")
			}
			for _, e := range c.env {
				k, v, _ := strings.Cut(e, "=")
				t.Setenv(k, v)
			}
			got := term.Detect(nil)
			got.Dark = false
			if got != c.want {
				t.Errorf("got %+v, want %+v", got, c.want)
			}
		})
	}
}

// TestTheCursorAndTheFocusShowOnEveryTerminal: of two rows and of two panels it can be told on each terminal, framed or
// one at a time, which one is selected.
func TestTheCursorAndTheFocusShowOnEveryTerminal(t *testing.T) {
	for name, c := range terminals {
		for _, size := range [][2]int{{120, 40}, {100, 12}, {40, 12}} {
			s := newScreen(t, size[0], size[1], func(o *Options) { o.Terminal = &c.want })
			s.play(until(t, recording(t, "python-app"), 1, kind("ledger", 2)))
			line := func(y int) string { return strings.Split(s.View(), "\n")[y] }
			// Below status and summary is the line with the names of the panels, then the first stage with its steps.
			const names, step = 2, 4
			s.press("1", "g")
			other := line(step)
			if s.press("j"); line(step) == other {
				t.Errorf("%s %v: the cursor does not show: %q", name, size, other)
			}
			title, _, _ := strings.Cut(line(names), "izes")
			s.press("2")
			if now, _, _ := strings.Cut(line(names), "izes"); now == title {
				t.Errorf("%s %v: the focus does not show: %q", name, size, title)
			}
		}
	}
}
