package draw

import (
	"strings"
	"testing"

	"github.com/charmbracelet/x/ansi"
	"github.com/muesli/termenv"
)

func TestMillis(t *testing.T) {
	for ms, want := range map[int64]string{-1: "0ms", 45: "45ms", 640: "0.6s", 12_140: "12.1s", 185_000: "3m 05s", 7_260_000: "2h 01m"} {
		if got := Millis(ms); got != want {
			t.Errorf("%d is %q, want %q", ms, got, want)
		}
	}
}

func TestPercent(t *testing.T) {
	for want, sizes := range map[string][2]int64{"−62 %": {131, 50}, "+10 %": {100, 110}, "±0 %": {1000, 1001}, "": {0, 5}} {
		if got := Percent(sizes[0], sizes[1]); got != want {
			t.Errorf("%v is %q, want %q", sizes, got, want)
		}
	}
}

func TestBarsKeepTheScale(t *testing.T) {
	for _, c := range []struct {
		value, full int64
		width       int
		want        string
	}{{100, 100, 4, "████"}, {50, 100, 4, "██"}, {1, 1e9, 4, "▏"}, {0, 100, 4, ""}, {5, 8, 1, "▋"}, {200, 100, 3, "███"}, {5, 0, 3, ""}} {
		if got := Bar(c.value, c.full, c.width); got != c.want {
			t.Errorf("%v is %q", c, got)
		}
	}
}

func TestSpark(t *testing.T) {
	if got := Spark([]int64{1, 2, 8}, 10); got != "▁▂█" {
		t.Errorf("got %q", got)
	}
	if got := Spark([]int64{9, 5, 5, 5}, 3); got != "▁▁▁" {
		t.Errorf("a flat end is %q", got)
	}
	if got := Spark([]int64{50_000_000, 50_000_012}, 3); got != "▁▁" {
		t.Errorf("twelve bytes look like %q", got)
	}
}

func plain(c *Canvas) string {
	return ansi.Strip(c.String(NewTheme(Terminal{Profile: termenv.TrueColor, Dark: true})))
}

func TestWideCharactersAreNeverCutInTwo(t *testing.T) {
	c := NewCanvas(5, 1)
	c.Text(0, 0, 5, Plain, "日本語")
	if got := plain(c); got != "日本" {
		t.Errorf("got %q", got)
	}
	c.Text(1, 0, 1, Plain, "x")
	if got := plain(c); got != " x本" {
		t.Errorf("overwritten in the middle: %q", got)
	}
}

func TestALineThatIsTooLongSaysSo(t *testing.T) {
	for width, want := range map[int]string{11: "hello world", 10: "hello wor…", 5: "hell…", 1: "…"} {
		c := NewCanvas(20, 1)
		c.Line(0, 0, width, Line{}.Add(Plain, "hello ").Add(Bad, "world"))
		if got := plain(c); got != want {
			t.Errorf("%d: %q", width, got)
		}
	}
}

func TestWrap(t *testing.T) {
	var got []string
	for _, l := range (Line{}.Add(Plain, "ab日").Add(Bad, "本cd")).Wrap(3) {
		got = append(got, l.Text())
	}
	if strings.Join(got, "|") != "ab|日|本c|d" {
		t.Errorf("got %q", got)
	}
}

func TestFlow(t *testing.T) {
	for _, c := range []struct {
		width, indent int
		want          string
	}{
		{40, 2, "the engine does not answer: dial 日本語"},
		{12, 2, "the engine|  does not|  answer:|  dial 日本|  語"},
		{20, 0, "the engine does not|answer: dial 日本語"},
		{19, 30, "the engine does not|  answer: dial|  日本語"},
		{8, 4, "the engi|    ne|    does|    not|    answ|    er:|    dial|    日本|    語"},
	} {
		var got []string
		for _, l := range (Line{}.Add(Plain, "the engine does ").Add(Bad, "not answer:").Add(Dim, " dial 日本語")).Flow(c.width, c.indent) {
			if l.Width() > c.width {
				t.Errorf("%d: %q is %d columns wide", c.width, l.Text(), l.Width())
			}
			got = append(got, l.Text())
		}
		if strings.Join(got, "|") != c.want {
			t.Errorf("%d, %d: got %q", c.width, c.indent, got)
		}
	}
	if got := (Line{}.Add(Plain, "one two three four")).Fit(8, 0, 2); len(got) != 2 || got[1].Text() != "three four" || got[1].Width() <= 8 {
		t.Errorf("got %+v", got)
	}
}

func TestNothingIsPaintedOutside(t *testing.T) {
	c := NewCanvas(3, 2)
	c.Border(Rect{-1, -1, 10, 10}, Plain, Thin)
	c.Text(-1, 0, 5, Plain, "xx")
	c.Text(0, 7, 5, Plain, "xx")
	c.Fill(Rect{2, 1, 50, 50}, Plain, "x")
	c.Mark(Rect{-5, 1, 99, 1}, "x", true)
	if got := plain(c); got != "\n  x" {
		t.Errorf("got %q", got)
	}
}

func TestColoursOfAnAppAreBroughtDownToTheTerminal(t *testing.T) {
	for name, want := range map[termenv.Profile]string{termenv.TrueColor: "\x1b[1;38;2;255;0;0mx\x1b[0m", termenv.ANSI: "\x1b[1;91mx\x1b[0m", termenv.Ascii: "x"} {
		theme := NewTheme(Terminal{Profile: name, Dark: true})
		c := NewCanvas(4, 1)
		c.Line(0, 0, 4, c.Colored(theme, "\x1b[1;5;38;2;255;0;0mx\x1b[m", Plain))
		if got := c.String(theme); got != want {
			t.Errorf("%v: %q, want %q", name, got, want)
		}
	}
}

func TestMark(t *testing.T) {
	c := NewCanvas(12, 1)
	c.Text(0, 0, 12, Plain, "an Error err")
	c.Mark(c.Bounds(), "err", true)
	theme := NewTheme(Terminal{Profile: termenv.ANSI, NoColor: true})
	if got, want := c.String(theme), "an \x1b[7mErr\x1b[0mor \x1b[7merr\x1b[0m"; got != want {
		t.Errorf("got %q", got)
	}
}
