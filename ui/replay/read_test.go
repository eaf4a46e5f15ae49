package replay

import (
	"errors"
	"io/fs"
	"strings"
	"syscall"
	"testing"
	"testing/iotest"

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
					if b.Code != event.CodeRecordingTorn || !strings.HasPrefix(b.Message, want) || e.Time.IsZero() {
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

// TestReadRefuses says why nothing can be read, and what to do.
func TestReadRefuses(t *testing.T) {
	for name, tt := range map[string]struct{ text, want, hint string }{
		"nothing":           {"", "it is empty", "--record FILE"},
		"only line ends":    {"\n\n", "it is empty", "--record FILE"},
		"text":              {"\nnonsense\nand more\n", `none of its lines is an event; line 2 reads "nonsense"`, "--record FILE"},
		"a long line":       {strings.Repeat("ä", 99), `line 1 reads "` + strings.Repeat("ä", maxSaid) + `…"`, "--record FILE"},
		"controls":          {"\x1b[2J\x00\n", `line 1 reads "\x1b[2J\x00"`, "--record FILE"},
		"other JSON":        {`{"name":"stagewatch"}` + "\n[1]\n", "none of its lines is an event; line 1 reads", "--record FILE"},
		"a newer version":   {strings.Replace(lineOf("a"), `"v":1`, `"v":2`, 1), "line 1 can't be read: it is of version 2 of the format, and this stagewatch knows 1", "newer"},
		"newer events":      {strings.Replace(lineOf("a"), `"log"`, `"later"`, 1), `of the type "later"`, "newer"},
		"packed":            {"\x1f\x8b\x08\x00", "it is compressed with gzip", "lines of UTF-8 text"},
		"of a PowerShell":   {"\xff\xfe{\x00", "it is UTF-16 text", "lines of UTF-8 text"},
		"one line torn":     {lineOf("torn")[:60], "none of its lines is an event; line 1 reads", "--record FILE"},
		"a version as text": {`{"v":"1"}`, "none of its lines is an event; line 1 reads", "--record FILE"},
	} {
		_, err := Read(strings.NewReader(tt.text))
		var refused *Error
		if !errors.As(err, &refused) || !strings.Contains(refused.Message, tt.want) || !strings.Contains(refused.Hint, tt.hint) {
			t.Errorf("%s: %v, %+v", name, err, refused)
		}
	}
	if _, err := Read(iotest.ErrReader(&fs.PathError{Op: "read", Path: "x", Err: syscall.EISDIR})); err == nil || err.Error() != "is a directory" {
		t.Errorf("a folder: %v", err)
	}
	if events, err := Read(strings.NewReader(byteOrderMark + lineOf("a"))); err != nil || len(events) != 1 {
		t.Errorf("with a mark before it: %v, %v", events, err)
	}
}
