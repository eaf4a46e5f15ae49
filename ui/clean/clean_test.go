package clean

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/charmbracelet/x/ansi"
)

func TestLine(t *testing.T) {
	for name, c := range map[string][2]string{
		"plain":              {"hello, world", "hello, world"},
		"colours":            {"\x1b[31mred\x1b[0m", "red"},
		"title":              {"a\x1b]0;pwned\ab", "ab"},
		"title ended by ST":  {"a\x1b]0;pwned\x1b\\b", "ab"},
		"open title":         {"a\x1b]0;pwned", "a0;pwned"},
		"clipboard":          {"\x1b]52;c;cm0gLXJm\a!", "!"},
		"device control":     {"a\x1bPq#0;2\x1b\\b", "ab"},
		"clear and home":     {"\x1b[2J\x1b[Hx", "x"},
		"full reset":         {"\x1bcx", "x"},
		"character set":      {"\x1b(0lqk", "lqk"},
		"C1 CSI":             {"\u009b31mx", "x"},
		"C1 OSC":             {"\u009d0;t\u009cx", "x"},
		"raw C1 byte":        {"\x9b31mx", "\ufffd31mx"},
		"NUL, BEL, BS, DEL":  {"a\x00b\ac\bd\x7fe", "abcde"},
		"line ends":          {"a\nb", "a b"},
		"tab":                {"ab\tc", "ab      c"},
		"tab after wide":     {"日\tc", "日      c"},
		"bidi override":      {"evil\u202egpj.exe", "evilgpj.exe"},
		"isolates":           {"\u2066a\u2069", "a"},
		"zero width":         {"a\u200bb\u200dc\ufeff", "abc"},
		"invalid UTF-8":      {"a\xffb", "a\ufffdb"},
		"combining":          {"e\u0301", "e\u0301"},
		"nothing to sit on":  {"\u0301x", "x"},
		"a pile of marks":    {"e" + strings.Repeat("\u0301", 40), "e"},
		"wide":               {"日本", "日本"},
		"family":             {"👨\u200d👩\u200d👧", "👨👩👧"},
		"lone escape":        {"a\x1b", "a"},
		"interrupted by ESC": {"\x1b]0;t\x1b[31mx", "x"},
	} {
		if got := Line(c[0]); got != c[1] {
			t.Errorf("%s: %q became %q, want %q", name, c[0], got, c[1])
		}
	}
}

func TestColoredKeepsColoursOnly(t *testing.T) {
	for in, want := range map[string]string{
		"\x1b[1;31mred\x1b[0m":  "\x1b[1;31mred\x1b[0m\x1b[m",
		"\x1b[38:2::1:2:3mx":    "\x1b[38:2::1:2:3mx\x1b[m",
		"\u009b32mgreen":        "\x1b[32mgreen\x1b[m",
		"\x1b[2Jx":              "x",
		"\x1b[>4;2mx":           "x",
		"\x1b[31 mx":            "x",
		"no colour":             "no colour",
		"\x1b]8;;http://x\alnk": "lnk",
	} {
		if got := Colored(in); got != want {
			t.Errorf("%q became %q, want %q", in, got, want)
		}
	}
}

func TestLines(t *testing.T) {
	got := Lines("a\r\n10%\r55%\r100%\nlast\x1b[K\n")
	if want := "a|100%|last"; strings.Join(got, "|") != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// FuzzLine proves what every screen relies on: nothing that a terminal obeys, valid UTF-8, a width that
// all terminals agree on, and that cleaning twice changes nothing.
func FuzzLine(f *testing.F) {
	for _, s := range []string{"a\x1b[31mb", "\u202e日本e\u0301", "👩🏽\u200d🚀 🇩🇪🇩", "\x9b\xff\t\x00", "\u0600\u0d4eक्षि", "각ᄀ", "1\ufe0f\u20e3"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		line := Line(s)
		if !utf8.ValidString(line) {
			t.Fatalf("%q became invalid UTF-8: %q", s, line)
		}
		for _, r := range line {
			if unicode.IsControl(r) || unicode.In(r, unicode.Bidi_Control) {
				t.Fatalf("%q kept %U: %q", s, r, line)
			}
		}
		if sum, _ := runesWidth(line); sum != ansi.StringWidth(line) || sum != Width(line) {
			t.Fatalf("%q became %q: %d columns by code point, %d by cluster", s, line, sum, ansi.StringWidth(line))
		}
		if again := Line(line); again != line {
			t.Fatalf("cleaning %q twice: %q", line, again)
		}
		colored := Colored(s)
		if ansi.StringWidth(colored) != ansi.StringWidth(ansi.Strip(colored)) {
			t.Fatalf("%q: colours change the width: %q", s, colored)
		}
		for rest := colored; ; {
			i := strings.IndexByte(rest, 0x1b)
			if i < 0 {
				break
			}
			if n, sgr := sequence(rest[i:]); !sgr {
				t.Fatalf("%q kept %q", s, rest[i:])
			} else {
				rest = rest[i+n:]
			}
		}
	})
}
