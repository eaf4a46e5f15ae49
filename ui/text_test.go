package ui

import (
	"fmt"
	"strings"
	"testing"
	"unicode"

	tea "github.com/charmbracelet/bubbletea"

	"github.com/stagewatch/stagewatch/engine/event"
	"github.com/stagewatch/stagewatch/ui/term"
)

// TestASearchCounts: which match it is, of how many, and that there is none, while it is typed and after.
func TestASearchCounts(t *testing.T) {
	typed := func(s *screen, text string) *screen {
		s.press("/")
		return s.press(strings.Split(text, "")...)
	}
	for _, c := range []struct{ name, keys, text, typed, after, next string }{
		{"rows", "1 g", "COPY", "1 of 4", "/COPY 1 of 4", "2 of 4"},
		{"logs", "4", "healthz", "2 of 2", "/healthz 2 of 2", "1 of 2"},
		{"a page", "1 G enter", "Its last", "1 match", "1 match", "1 match"},
		{"help", "?", "previous", "1 of 3", "1 of 3", "2 of 3"},
		{"none", "1", "nowhere", "not found", "/nowhere not found", "not found"},
		{"no log line", "4", "nowhere", "not found", "/nowhere not found", "not found"},
	} {
		s, _ := liveScreen(t)
		typed(s.press(strings.Fields(c.keys)...), c.text)
		s.shows(c.typed)
		s.press("enter")
		s.shows(c.after)
		s.press("n")
		s.shows(c.next)
	}
	s := newScreen(t, 120, 40)
	s.play(until(t, recording(t, "python-app"), 1, kind("files", 2))).press("2", "]", "g", "enter")
	typed(s, "web.py")
	s.shows("1 of 2")

	// What comes while it stands is counted, and what the ring drops no more.
	s = newScreen(t, 120, 40, func(o *Options) { o.LogLines = 10 })
	log := func(text string) { s.play([]event.Event{{Time: s.now, Body: event.Log{Text: text}}}) }
	log("hit")
	typed(s.press("4"), "hit").press("enter")
	for range 3 {
		log("hit")
	}
	s.shows("1 of 4")
	for range 8 {
		log("miss")
	}
	// The cursor was on one that went: it is on the oldest line now, which is another.
	s.shows("1 of 2")
}

// TestAFilterNegates: an exclamation mark leaves out what holds the text, and what the screen shows is what counts.
func TestAFilterNegates(t *testing.T) {
	s, _ := liveScreen(t)
	filter := func(text string) {
		s.press("4", "&", "ctrl+u")
		s.press(strings.Split(text, "")...)
	}
	filter("!healthz")
	s.shows("GET / 200", "4 lines")
	s.want(!strings.Contains(s.text(), "GET /healthz"), "what is left out is there")
	s.press("enter")
	s.shows("without “healthz”")
	filter("!")
	s.shows("GET /healthz", "GET / 200")
	filter("nowhere")
	s.shows("0 lines", "build #2 serves from here")
	s.want(!strings.Contains(s.text(), "GET /"), "the filter lets all pass")
	s.play([]event.Event{{Time: s.now, Body: event.Log{Text: `{"level":"warn","msg":"slow"}`}}})
	filter("WARN slow")
	s.shows("1 line ", "WARN slow")
}

// answer carries out what a key asked for.
func (s *screen) answer(cmd tea.Cmd) { s.send(cmd()) }

// TestCopyTakesWhatIsMeant: the thing itself, without the marks, bars and breaks around it, and it says what that was.
func TestCopyTakesWhatIsMeant(t *testing.T) {
	for _, c := range []struct{ name, keys, want, said string }{
		{"step", "1 g j j", "COPY requirements.txt .", "copied the instruction: COPY requirements.txt ."},
		{"stage", "1 g", "FROM python:3.9-slim", "copied the instruction"},
		{"a step that a change reaches", "3 g j", "COPY . .", "copied the instruction"},
		{"change", "3 g", "python_app/web.py", "copied the path"},
		{"change's page", "3 g enter", "python_app/web.py", "copied the path"},
		{"layer", "2 ] g j j j j", "COPY requirements.txt .", "copied the row"},
		{"ledger", "2 [ g", "python packages  10.5 MB", "copied the row"},
		{"ledger's path", "2 [ g space j", "/usr/local/lib/python3.9/site-packages/pip", "copied the row"},
		{"sizes", "2", "before build 134 MB\nafter stage-1 49.7 MB\n", "copied what is in sight, 7 lines"},
		{"file", "2 ] g j j j j enter j", "/app/requirements.txt", "copied the path"},
		{"build", "5 g", "build #2: python_app/web.py changed: 5 ran, 6 hits (saved 12.2s) · built 2.1s · served 2.6s", "copied the build"},
		{"logs", "4", "python-app listening on port 8080\nbuild #1 serves from here\nGET / 200 1.1ms\n", "copied the log lines in sight, 8 lines"},
		{"a match", "4 / z enter", "GET /healthz 200 1.4ms", "copied the log line"},
		{"the cursor's log line", "4 k k", "python-app listening on port 8080", "copied the log line"},
		{"the cursor's output", "4 ] k k", "RUN pip cache purge", "copied the line"},
		{"log line's page", "4 k k enter", "python-app listening on port 8080", "copied the log line"},
		{"output", "4 ]", "build 6/6 RUN pip install .\nProcessing /app\n", "copied"},
		{"step's page", "1 g j j j j j enter", "RUN pip install .\nProcessing /app\n", "copied the step and its output"},
	} {
		t.Run(c.name, func(t *testing.T) {
			o := &outside{}
			s := newScreen(t, 120, 40, o.hooks)
			s.play(until(t, recording(t, "python-app"), 1, kind("files", 2)))
			s.press(strings.Fields(c.keys)...).answer(s.Model.copy())
			if !strings.HasPrefix(o.copied, c.want) {
				t.Errorf("copied %q, want %q", o.copied, c.want)
			}
			s.shows(c.said)
			for _, r := range o.copied {
				if strings.ContainsRune("│├└▾▸●✓✗█▏▎▍▌▋▊▉…", r) || unicode.IsControl(r) && r != '\n' {
					t.Errorf("%q of the screen is copied: %q", r, o.copied)
				}
			}
		})
	}
}

// TestAFailureIsCopiedAsOneWouldSendIt: what failed, why, where, and all of the output that is kept.
func TestAFailureIsCopiedAsOneWouldSendIt(t *testing.T) {
	o := &outside{}
	s := newScreen(t, 80, 24, o.hooks)
	s.play(until(t, recording(t, "python-app"), 1, kind("stale", 0)))
	s.answer(s.Model.copy())
	for _, want := range []string{
		"build 4/6 RUN pip install -r requirements.txt\n", "\nERROR: No matching distribution found for waitres==3.0.2\n",
		"\nDockerfile:4\n", "\n>   4 | RUN pip install -r requirements.txt\n", "\n    3 | COPY requirements.txt .\n",
	} {
		if !strings.Contains(o.copied, want) {
			t.Errorf("%q is not in\n%s", want, o.copied)
		}
	}
	s.shows(fmt.Sprintf("copied the failure, %d lines", strings.Count(o.copied, "\n")))
}

// TestALogFileSaysWhereItIs: it is named as a log, and a long path can be read on a narrow screen.
func TestALogFileSaysWhereItIs(t *testing.T) {
	name, path := "", "/home/somebody/projects/python-app/with/a/long/way/to/it/app.log"
	s := newScreen(t, 40, 12, func(o *Options) {
		o.SaveLog = func(n string, _ []string) (string, error) { name = n; return path, nil }
	})
	s.play(until(t, recording(t, "python-app"), 1, kind("ledger", 2)))
	s.answer(s.save())
	if name != "app.log" {
		t.Errorf("it is called %q", name)
	}
	s.want(strings.Contains(strings.Join(strings.Fields(s.text()), ""), path), "the path is cut")
	s.press("4", "]").answer(s.save())
	if name != "build.log" {
		t.Errorf("the build's is called %q", name)
	}
}

// BenchmarkFilter takes in lines while few of many pass a filter.
func BenchmarkFilter(b *testing.B) {
	s := newScreen(b, 200, 60)
	for i := range 20_000 {
		s.story.Apply(event.Event{Time: s.now, Body: event.Log{Text: fmt.Sprintf(`{"level":"info","msg":"GET /%d"}`, i)}})
	}
	s.log.SetFilter("GET /77")
	b.ReportAllocs()
	for b.Loop() {
		s.Update(term.Batch{At: s.now, Events: []event.Event{{Time: s.now, Body: event.Log{Text: "GET / 200"}}}})
		s.View()
	}
}
