package replay

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/stagewatch/stagewatch/engine/event"
)

// lineOf is an event's line in a recording.
func lineOf(text string) string {
	return `{"v":1,"time":"2026-11-23T09:00:00Z","type":"log","container":"c","stream":"stdout","text":"` + text + `"}` + "\n"
}

// TestReadShowsWhatIsThere: of a recording with torn lines the others, and how many are lost where.
func TestReadShowsWhatIsThere(t *testing.T) {
	torn := lineOf("torn")[:60]
	for name, tt := range map[string]struct {
		text string
		want []string
	}{
		"whole":                     {"\n" + lineOf("a") + "\n" + lineOf("b"), []string{"a", "b"}},
		"no last line end":          {strings.TrimSpace(lineOf("a")), []string{"a"}},
		"torn at the end":           {lineOf("a") + torn, []string{"a", "line 2 "}},
		"torn in the middle":        {lineOf("a") + torn + "\n" + lineOf("b"), []string{"a", "line 2 ", "b"}},
		"the next one right behind": {lineOf("a") + torn + lineOf("b") + lineOf("c"), []string{"a", "line 2 ", "b", "c"}},
		"torn at the start":         {torn[10:] + "\n" + lineOf("a"), []string{"line 1 ", "a"}},
		"several":                   {lineOf("a") + "x\n" + torn + "\n\nnull\n" + lineOf("b") + "y\n", []string{"a", "3 lines of the recording (2 to 5) ", "b", "line 7 "}},
		"zeros of a crash":          {lineOf("a") + strings.Repeat("\x00", 4096) + "\n" + lineOf("b"), []string{"a", "line 2 ", "b"}},
		"too long a line":           {lineOf("a") + strings.Repeat("x", maxLine+2<<20) + "\n" + lineOf("b"), []string{"a", "line 2 ", "b"}},
		"a kind that is not known":  {lineOf("a") + strings.Replace(lineOf("x"), `"log"`, `"later"`, 1) + lineOf("b"), []string{"a", "line 2 ", "b"}},
	} {
		t.Run(name, func(t *testing.T) {
			events, err := Read(strings.NewReader(tt.text))
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for i, e := range events {
				switch b := e.Body.(type) {
				case event.Log:
					got = append(got, b.Text)
				case event.Warning:
					want := ""
					if i < len(tt.want) {
						want = tt.want[i]
					}
					if b.Code != tornCode || !strings.HasPrefix(b.Message, want) || e.Time.IsZero() {
						t.Errorf("%v: %+v", e.Time, b)
					}
					got = append(got, want)
				}
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestReadRefuses(t *testing.T) {
	for name, text := range map[string]string{"nothing": "\n", "no event": "nonsense\nand more\n"} {
		if _, err := Read(strings.NewReader(text)); err == nil || !strings.HasPrefix(err.Error(), "reading recording: ") {
			t.Errorf("%s: %v", name, err)
		}
	}
}
