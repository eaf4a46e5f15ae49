package svg

import (
	"encoding/xml"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stagewatch/stagewatch/engine/goldentest"
)

// TestFrame draws one of everything: colours of every depth, attributes, wide characters, lines and bars.
func TestFrame(t *testing.T) {
	frame := strings.Join([]string{
		"╭─ \x1b[1;38;2;108;182;255mStages\x1b[0m ──╮ ├ └ ┃",
		"│\x1b[48;2;42;49;64m  \x1b[38;5;196mred\x1b[0m  \x1b[32mok\x1b[0m\x1b[7mback\x1b[0m\x1b[7;31mwards\x1b[27;39mx\x1b[0m│",
		"╰──╯ \x1b[2mfaint\x1b[22m \x1b[4mline\x1b[24m \x1b[93;104mbright\x1b[0m 日本 e\u0301 ✓ saved",
		"\x1b[38;2;1;2;3m███▍\x1b[0m ▁▃▇ \x1b[?25l\x1b]0;title\a& < > \" ' end",
	}, "\n")
	goldentest.Check(t, filepath.Join("testdata", "frame.svg"), Frame(frame, Options{Title: "a <title> & more", Columns: 40}))
}

// known are the elements and attributes of a picture. None of them runs or fetches anything.
var known = map[string]string{
	"svg": "xmlns width height viewBox role", "title": "", "rect": "x y width height rx fill stroke", "path": "d stroke stroke-width fill",
	"circle": "cx cy r fill", "g": "font-family font-size fill",
	"text": "x y textLength text-anchor font-family font-size fill font-weight opacity text-decoration",
}

// texts parses a picture strictly, fails where it holds anything that is not known, and returns its text.
func texts(t *testing.T, picture string) string {
	t.Helper()
	var out strings.Builder
	d := xml.NewDecoder(strings.NewReader(picture))
	inText := false
	for {
		token, err := d.Token()
		if token == nil {
			if out.Len() == 0 {
				t.Errorf("no text: %v", err)
			}
			return out.String()
		}
		switch token := token.(type) {
		case xml.StartElement:
			inText = token.Name.Local == "text"
			attributes, ok := known[token.Name.Local]
			if !ok {
				t.Fatalf("element %s", token.Name.Local)
			}
			for _, a := range token.Attr {
				if !strings.Contains(" "+attributes+" ", " "+a.Name.Local+" ") {
					t.Fatalf("attribute %s of %s", a.Name.Local, token.Name.Local)
				}
			}
		case xml.EndElement:
			inText = false
		case xml.CharData:
			if inText {
				out.Write(token)
			}
		case xml.Comment, xml.ProcInst, xml.Directive:
			t.Fatalf("%T in the picture", token)
		}
	}
}

// TestHostileTextIsText: whatever stands in a frame or a title, it is text of the picture and nothing else.
func TestHostileTextIsText(t *testing.T) {
	for _, s := range []string{
		`<script>alert(1)</script>`, `"/><image href="x"/>`, `]]><a>`, `<!--`, `--><b/>`, `&lt;i&gt;`, `&#60;i&#62;`, `<?xml?>`, "' onload='x", "</text></g></svg><script/>",
		"\x00\x01\x0b\ufffe\xff", "\x1b[31", "\x1b[38;2;999;-1;zm\x1b[38;5;999mcolour\x1b[0m", "\x1b[38;2;1\x1b[9999999999999m", "\x1b", "\x1b]8;;javascript:x\x1b\\link\x1b]8;;\x1b\\",
	} {
		got := texts(t, Frame("before "+s+" after", Options{Title: s}))
		// A sequence that nobody ended takes its last letter from what follows, as on a terminal.
		if !strings.Contains(got, "before") || !strings.Contains(got, "fter") {
			t.Errorf("%q took text away: %q", s, got)
		}
		if strings.ContainsAny(s, "<&") && !strings.Contains(strings.ReplaceAll(got, " ", ""), strings.ReplaceAll(s, " ", "")) {
			t.Errorf("%q is not in the text: %q", s, got)
		}
	}
}

// FuzzFrame: no frame makes a picture that is no XML.
func FuzzFrame(f *testing.F) {
	f.Add("│ \x1b[1mx\x1b[0m", "title")
	f.Add("\x1b[38;5;;48;2m<█▁>", "&")
	f.Fuzz(func(t *testing.T, frame, title string) {
		d := xml.NewDecoder(strings.NewReader(Frame(frame, Options{Title: title})))
		for {
			token, err := d.Token()
			if token == nil {
				if fmt.Sprint(err) != "EOF" {
					t.Fatalf("%v: %q", err, frame)
				}
				return
			}
		}
	})
}
