package term

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

// Detect returns what the terminal behind out can show, by the environment. A nil out is stdout.
func Detect(out io.Writer) draw.Terminal {
	t := draw.Terminal{
		// The caller knows that there is a terminal. By itself termenv assumes none wherever CI is set.
		Profile: termenv.NewOutput(orStdout(out), termenv.WithTTY(true)).EnvColorProfile(),
		NoColor: termenv.EnvNoColor(),
		// The terminal was asked once, when bubbletea was loaded.
		Dark:  lipgloss.HasDarkBackground(),
		ASCII: ascii(os.Getenv),
	}
	switch name := os.Getenv("TERM"); {
	case t.Profile != termenv.Ascii || name == "" || name == "dumb":
	case t.NoColor:
		// Bold and reverse still tell things apart without colours.
		t.Profile = termenv.ANSI
	default:
		t.Profile, t.NoColor = named(name)
	}
	return t
}

// named returns what a terminal shows that termenv does not know, by its name: every terminal but a dumb one has bold
// and reverse, and all of today's have 16 colours.
func named(term string) (colors termenv.Profile, none bool) {
	switch {
	case strings.HasPrefix(term, "tmux"):
		return termenv.ANSI256, false
	case len(term) > 2 && term[:2] == "vt" && term[2] <= '9', strings.HasSuffix(term, "-m"), strings.HasSuffix(term, "-mono"):
		return termenv.ANSI, true
	}
	return termenv.ANSI, false
}

// ascii reports whether the terminal gets ASCII alone: because the user asks for it, or because the locale names another
// character set than UTF-8. Without a locale it is false, as today's terminals know UTF-8.
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

// Clipboard returns a function that copies text by OSC 52, which works over ssh if the terminal allows it. GNU screen
// needs a wrapped sequence to pass it on.
func Clipboard(out io.Writer) func(string) error {
	out = orStdout(out)
	return func(text string) error {
		sequence := osc52.New(text)
		if os.Getenv("STY") != "" {
			sequence = sequence.Screen()
		}
		// One write cannot end up in the middle of a frame.
		_, err := io.WriteString(out, sequence.String())
		if err != nil {
			return fmt.Errorf("writing to the terminal: %w", err)
		}
		return nil
	}
}
