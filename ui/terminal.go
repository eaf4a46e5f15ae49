package ui

import (
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/aymanbagabas/go-osc52/v2"
	"github.com/charmbracelet/lipgloss"
	"github.com/muesli/termenv"

	"github.com/stagewatch/stagewatch/ui/draw"
)

// detect finds out what the terminal behind out can show.
func detect(out io.Writer) draw.Terminal {
	if out == nil {
		out = os.Stdout
	}
	t := draw.Terminal{
		// Who draws a dashboard knows that there is a terminal; termenv would deny it wherever CI is set.
		Profile: termenv.NewOutput(out, termenv.WithTTY(true)).EnvColorProfile(),
		NoColor: termenv.EnvNoColor(),
		// Asked of the terminal once, when bubbletea was loaded.
		Dark:  lipgloss.HasDarkBackground(),
		ASCII: ascii(os.Getenv),
	}
	switch name := os.Getenv("TERM"); {
	case t.Profile != termenv.Ascii || name == "" || name == "dumb":
	case t.NoColor:
		// Colours are unwanted; bold and reverse still tell things apart.
		t.Profile = termenv.ANSI
	default:
		t.Profile, t.NoColor = named(name)
	}
	return t
}

// named returns what a terminal shows by its name, where termenv does not know it: every terminal but a dumb one
// knows bold and reverse, and all of today's know 16 colours.
func named(term string) (colors termenv.Profile, none bool) {
	switch {
	case strings.HasPrefix(term, "tmux"):
		return termenv.ANSI256, false
	case len(term) > 2 && term[:2] == "vt" && term[2] <= '9', strings.HasSuffix(term, "-m"), strings.HasSuffix(term, "-mono"):
		return termenv.ANSI, true
	}
	return termenv.ANSI, false
}

// ascii tells whether the terminal is to get ASCII alone: where that is asked for, or where the locale
// names another character set. No locale at all says nothing; terminals of today know UTF-8.
func ascii(env func(string) string) bool {
	if v := env("STAGEWATCH_ASCII"); v != "" {
		return v != "0"
	}
	for _, name := range []string{"LC_ALL", "LC_CTYPE", "LANG"} {
		if v := strings.ToUpper(env(name)); v != "" {
			return !strings.Contains(v, "UTF-8") && !strings.Contains(v, "UTF8")
		}
	}
	return false
}

// clipboard copies by OSC 52, which works over ssh where the terminal allows it. GNU screen passes on what is wrapped.
func clipboard(out io.Writer) func(string) error {
	if out == nil {
		out = os.Stdout
	}
	return func(text string) error {
		sequence := osc52.New(text)
		if os.Getenv("STY") != "" {
			sequence = sequence.Screen()
		}
		// One write, so that it never falls into the middle of a frame.
		_, err := io.WriteString(out, sequence.String())
		if err != nil {
			return fmt.Errorf("writing to the terminal: %w", err)
		}
		return nil
	}
}
