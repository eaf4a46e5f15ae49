package draw

import (
	"bytes"
	"strings"
	"testing"

	"github.com/charmbracelet/x/ansi"
	"github.com/google/go-cmp/cmp"
)

// TestLinesHangBelowWhatTheyBeginWith: words stay whole, columns stay columns, and nothing is lost.
func TestLinesHangBelowWhatTheyBeginWith(t *testing.T) {
	for _, c := range []struct {
		line string
		want string
	}{
		{"short", "short"},
		{"", ""},
		{"one line of words that is too wide for it", "one line of words that is too\n  wide for it"},
		{"* stage is based on something else than that", "* stage is based on something\n  else than that"},
		{"left  123 MB  base OS 81.8 MB, caches", "left  123 MB  base OS 81.8 MB,\n              caches"},
		{"left behind in the stage  base OS 81.8 MB", "left behind in the stage  base\n  OS 81.8 MB"},
		{"note  images  the base image is not there yet", "note  images  the base image\n              is not there yet"},
		{"      images  -> pull the base image beforehand", "      images  -> pull the base\n                 image\n                 beforehand"},
		{"    │ what a step prints may be wider, too", "    │ what a step prints may\n      be wider, too"},
		{"a sha256:0123456789012345678901234567890", "a sha256:012345678901234567890\n  1234567890"},
		{"\x1b[32mBUILT app:1\x1b[0m in 2.0s: three ran, two hits", "BUILT app:1 in 2.0s: three\n  ran, two hits"},
		{"\x1b[33mwasted 9 kB: final line 9, RUN chown x\x1b[0m", "wasted 9 kB: final line 9, RUN\n  chown x"},
	} {
		var out bytes.Buffer
		if n, err := Hanging(&out, 30).Write([]byte(c.line + "\n")); err != nil || n != len(c.line)+1 {
			t.Fatal(n, err)
		}
		if diff := cmp.Diff(c.want+"\n", ansi.Strip(out.String())); diff != "" {
			t.Errorf("%q: %s", c.line, diff)
		}
		for line := range strings.Lines(out.String()) {
			if Width(ansi.Strip(strings.TrimSuffix(line, "\n"))) > 30 {
				t.Errorf("too wide: %q", line)
			}
		}
		out.Reset()
		if _, err := Hanging(&out, 0).Write([]byte(c.line)); err != nil || out.String() != c.line {
			t.Errorf("without a width: %q, %v", out.String(), err)
		}
	}
}
