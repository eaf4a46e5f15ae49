package report

import (
	"encoding/xml"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stagewatch/stagewatch/engine/event"
	"github.com/stagewatch/stagewatch/engine/goldentest"
	"github.com/stagewatch/stagewatch/ui/replay"
)

func recording(t *testing.T, path ...string) []event.Event {
	t.Helper()
	f, err := os.Open(filepath.Join(append([]string{".."}, path...)...))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	events, err := replay.Read(f)
	if err != nil {
		t.Fatal(err)
	}
	return events
}

// TestReports compares the story's reports with what a person approved of.
func TestReports(t *testing.T) {
	r := New(recording(t, "testdata", "stories", "python-app.jsonl"))
	var md, html strings.Builder
	if err := r.Markdown(&md); err != nil {
		t.Fatal(err)
	}
	if err := r.HTML(&html, "<svg></svg>"); err != nil {
		t.Fatal(err)
	}
	goldentest.Check(t, filepath.Join("testdata", "python-app.md"), md.String())
	goldentest.Check(t, filepath.Join("testdata", "python-app.html"), html.String())
	for _, fetch := range []string{"<script", "<link", "<img", "@import", "url(", "src="} {
		if strings.Contains(html.String(), fetch) {
			t.Errorf("the page has %s: it is to need nothing but itself", fetch)
		}
	}
}

// compared is how the story's image compares with one of a single stage.
var compared = event.Compared{
	Target:     event.ComparedImage{Name: "python-app:latest", Bytes: 50_900_000, Layers: 5, Compressed: 22_100_000, CompressedBy: event.BlobsComputed, PullMS: 1768},
	Against:    event.ComparedImage{Name: "Dockerfile.single", Bytes: 163_000_000, Layers: 8, Compressed: 52_000_000, CompressedBy: event.BlobsStored, PullMS: 4160, StandIn: "Debian"},
	Difference: -112_100_000, SharedLayers: 2, SharedBytes: 1_000_000, Bandwidth: 100_000_000,
	Groups: []event.ComparedGroup{{Name: "base OS", Target: 5_000_000, Against: 100_000_000}, {Name: "python packages", Target: 45_900_000, Against: 63_000_000}},
}

// TestComparedReports: before, after and against are on one scale, whichever is the largest.
func TestComparedReports(t *testing.T) {
	events := recording(t, "testdata", "stories", "python-app.jsonl")
	last := events[len(events)-1]
	for i, e := range events {
		if sized, is := e.Body.(event.Sized); is {
			sized.Commit = event.Commit{ID: "1a2b3c4d5e6f7890", At: e.Time.Add(-time.Hour), Changed: true}
			events[i].Body, last = sized, e
		}
	}
	last.Body = compared
	r := New(append(events, last))
	var md, pr, html strings.Builder
	for _, err := range []error{r.Markdown(&md), r.PullRequest(&pr, nil), r.HTML(&html, "")} {
		if err != nil {
			t.Fatal(err)
		}
	}
	section := func(s, from, to string) string {
		_, s, _ = strings.Cut(s, from)
		s, _, _ = strings.Cut(s, to)
		return strings.TrimSpace(s) + "\n"
	}
	goldentest.Check(t, filepath.Join("testdata", "compared.md"), section(md.String(), "", "**Carried")+section(pr.String(), "", "**Steps"))
	goldentest.Check(t, filepath.Join("testdata", "compared.html"), section(html.String(), "<body>", "carried into"))
}

// TestAt: the moment after a build is before anything else changed, whatever became of the build.
func TestAt(t *testing.T) {
	events := recording(t, "..", "testdata", "story.jsonl")
	for build, want := range map[int]string{1: "serving", 2: "serving", 4: "abandoned", 6: "failed"} {
		cut, err := At(events, build)
		if err != nil {
			t.Fatal(err)
		}
		seen := map[string]bool{}
		for _, e := range cut {
			if e.Build == build {
				seen[e.Body.Kind()] = true
			}
			if e.Build > build {
				t.Errorf("build %d: there is an event of build %d", build, e.Build)
				break
			}
		}
		next := events[len(cut)].Body.Kind()
		if !seen[want] || next != "changed" && next != "skipped" && next != "planned" {
			t.Errorf("build %d: saw %v, cut before %s", build, seen, next)
		}
	}
	if _, err := At(events, 99); err == nil || !strings.Contains(err.Error(), "builds 1 to") {
		t.Errorf("a build that is not there: %v", err)
	}
}

func TestNothingToTell(t *testing.T) {
	var md, html strings.Builder
	r := New([]event.Event{{Body: event.Engine{Name: "Docker Engine"}}})
	if err := r.Markdown(&md); err != nil || !strings.Contains(md.String(), "No sizes were measured.") {
		t.Errorf("%v: %s", err, md.String())
	}
	if err := r.HTML(&html, ""); err != nil || !strings.Contains(html.String(), "No sizes were measured.") {
		t.Errorf("%v: %s", err, html.String())
	}
}

// told is a session in which every text is s.
func told(s string) []event.Event {
	at := time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)
	group := event.LedgerGroup{Name: s, Bytes: 5, From: s, Line: 3, Instruction: s, Paths: []event.LedgerPath{{Path: s, Bytes: 4}}}
	stage := event.StageSize{Stage: s, Bytes: 10, StandIn: s, Layers: []event.Layer{{CreatedBy: s, Bytes: 1}}}
	var events []event.Event
	for i, b := range []event.Body{
		event.Engine{Name: s, Version: s},
		event.Skipped{Paths: []string{s}, Reason: s}, event.Skipped{Paths: []string{s}, Reason: event.Ignored, Rule: s},
		event.Planned{Paths: []string{s}, Target: s, Because: s, Stages: []event.PlannedStage{{Name: s, Needed: true}}, Steps: []event.PlannedStep{{Stage: s, Index: 1, Total: 1, Instruction: s, Because: s}}},
		event.Step{Stage: s, Index: 1, Total: 1, Instruction: s, State: event.Ran, MS: 5, Because: s},
		event.Built{Target: s, Tag: s, Ran: 1},
		event.Sized{Before: stage, After: stage, Basis: s, Commit: event.Commit{ID: s}},
		event.Ledger{Carried: []event.LedgerGroup{group}, Left: []event.LedgerGroup{group}, Own: []event.LedgerGroup{group}, BaseAfter: group, Wasted: []event.Waste{{Stage: s, Instruction: s, Reason: s}}},
		event.Compared{Target: event.ComparedImage{Name: s, CompressedBy: s}, Against: event.ComparedImage{Name: s, StandIn: s}, Groups: []event.ComparedGroup{{Name: s, Target: 1}}, Bandwidth: 1},
		event.Warning{Code: s, Message: s, Hint: s}, event.Warning{Code: event.CodeOverBudget, Message: s},
	} {
		events = append(events, event.Event{Time: at, Build: 1, Body: b})
		if i < 3 {
			events[i].Build = 0
		}
	}
	events = append(events, event.Event{Build: 2, Body: event.Planned{Because: s}}, event.Event{Build: 2, Body: event.Abandoned{Reason: s}},
		event.Event{Build: 3, Body: event.Failed{Stage: s, Index: 1, Message: s, Hint: s}})
	return events
}

// hostiles try to be markup, of Markdown, of a table, of HTML and of what forges make of names and numbers.
var hostiles = []string{
	`<script>alert(1)</script>`, `"><img src=x onerror=alert(1)>`, "`</code><b>", "``` x", `a|b`, `a\|b`, `\`, "[x](http://x.example)", "![x](y)",
	"**bold** _it_ ~~no~~ $x$", "# head", "- list", "1. one", "> quote", "@someone", "fixes #1", "&lt;b&gt;", "</details>", "<!--", "www.x.example", "{{.}}", "https://x.example", "'); x('",
}

// TestHostileTextIsNoMarkup: whatever the texts are, a report's markup is that of the same report of a plain text.
func TestHostileTextIsNoMarkup(t *testing.T) {
	spans := regexp.MustCompile("`[^`\n]+`|<code>[^<>\n]*</code>")
	notSyntax := regexp.MustCompile("[^`*_\\[\\]<>|@\\\\~$\n]|&#\\d+;")
	markup := func(s string) (string, string) {
		r := New(told(s))
		var md, html strings.Builder
		if err := r.Markdown(&md); err != nil {
			t.Fatal(err)
		}
		if err := r.PullRequest(&md, New(told(s+"2"))); err != nil {
			t.Fatal(err)
		}
		if err := r.HTML(&html, ""); err != nil {
			t.Fatal(err)
		}
		bare := spans.ReplaceAllString(md.String(), "–")
		for _, l := range strings.Split(bare, "\n") {
			if strings.Contains(l, "www.") || strings.Contains(l, "://") || regexp.MustCompile(`@\w|#\d`).MatchString(strings.ReplaceAll(l, "&#", "")) {
				t.Errorf("%q: a forge makes a link of %q", s, l)
			}
		}
		return notSyntax.ReplaceAllString(bare, ""), tags(t, html.String())
	}
	wantMD, wantHTML := markup("plain")
	for _, s := range hostiles {
		md, html := markup(s)
		if md != wantMD {
			t.Errorf("%q is markup of Markdown:\n%s\nwant\n%s", s, md, wantMD)
		}
		if html != wantHTML {
			t.Errorf("%q is markup of HTML", s)
		}
	}
}

// tags are a page's elements with their attributes, in order.
func tags(t *testing.T, page string) string {
	t.Helper()
	d := xml.NewDecoder(strings.NewReader(page))
	d.Strict, d.AutoClose, d.Entity = false, xml.HTMLAutoClose, xml.HTMLEntity
	var out strings.Builder
	for {
		token, err := d.RawToken()
		if err != nil {
			return out.String()
		}
		if start, ok := token.(xml.StartElement); ok {
			out.WriteString(start.Name.Local)
			for _, a := range start.Attr {
				out.WriteString(" " + a.Name.Local + "=" + a.Value)
			}
			out.WriteByte('\n')
		}
	}
}
