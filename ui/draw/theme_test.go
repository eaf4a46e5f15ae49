package draw

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/muesli/termenv"

	"github.com/stagewatch/stagewatch/engine/goldentest"
)

// TestThemes pins the sequence of every role, and of what the cursor makes of it, on each kind of terminal.
func TestThemes(t *testing.T) {
	names := [roles]string{"plain", "dim", "accent", "focus", "good", "warn", "bad", "badge-good", "badge-warn", "badge-bad", "badge-accent", "match"}
	var got strings.Builder
	for _, term := range []struct {
		name string
		Terminal
	}{
		{"truecolor, dark", Terminal{Profile: termenv.TrueColor, Dark: true}},
		{"truecolor, light", Terminal{Profile: termenv.TrueColor}},
		{"256 colours, dark", Terminal{Profile: termenv.ANSI256, Dark: true}},
		{"256 colours, light", Terminal{Profile: termenv.ANSI256}},
		{"16 colours, dark", Terminal{Profile: termenv.ANSI, Dark: true}},
		{"16 colours, light", Terminal{Profile: termenv.ANSI}},
		{"NO_COLOR", Terminal{Profile: termenv.TrueColor, Dark: true, NoColor: true}},
		{"no attributes", Terminal{Profile: termenv.Ascii}},
	} {
		fmt.Fprintf(&got, "== %s\n", term.name)
		theme := NewTheme(term.Terminal)
		for role, name := range names {
			fmt.Fprintf(&got, "%s\n", strings.TrimRight(fmt.Sprintf("%-13s %-32s %s", name, codes(theme, Style(role)), codes(theme, Style(role).Select())), " "))
		}
	}
	goldentest.Check(t, filepath.Join("testdata", "themes.txt"), got.String())
}

func codes(t *Theme, s Style) string {
	return strings.TrimSuffix(strings.TrimPrefix(t.sequence(s, nil), "\x1b["), "m")
}
