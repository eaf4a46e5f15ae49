package report

import (
	"fmt"
	"io"
	"strings"

	"github.com/stagewatch/stagewatch/engine/event"
	"github.com/stagewatch/stagewatch/engine/human"
	"github.com/stagewatch/stagewatch/ui/draw"
	"github.com/stagewatch/stagewatch/ui/story"
)

// barWidth is the width of a bar in a table, in columns.
const barWidth = 24

// Markdown writes the report for a pull request.
func (r *Report) Markdown(w io.Writer) error {
	md := &markdown{}
	md.line("## %s", md.title(r))
	md.line("")
	md.sizes(r)
	md.comparison(r)
	md.ledger(r)
	md.builds(r)
	md.steps(r)
	md.warnings(r)
	if _, err := io.WriteString(w, md.out.String()); err != nil {
		return fmt.Errorf("writing the report: %w", err)
	}
	return nil
}

type markdown struct{ out strings.Builder }

func (md *markdown) line(format string, args ...any) { fmt.Fprintf(&md.out, format+"\n", args...) }

// row writes a row of a table. The cells are Markdown.
func (md *markdown) row(cells ...string) { md.line("| %s |", strings.Join(cells, " | ")) }

func (md *markdown) title(r *Report) string {
	title := r.Title()
	if r.Name == "" {
		return title
	}
	return code(r.Name) + strings.TrimPrefix(title, r.Name)
}

func (md *markdown) sizes(r *Report) {
	if r.Sized == nil {
		md.line("No sizes were measured.")
		md.line("")
		return
	}
	md.row("", "stage", "size", "")
	md.line("|---|---|--:|---|")
	for _, s := range r.stages() {
		md.row(s.When, code(s.Stage), s.Size(), draw.Bar(s.StageSize.Bytes, s.full, barWidth))
	}
	md.line("")
	if text := r.difference(); text != "" {
		md.line("%s", text)
		md.line("")
	}
	for _, text := range r.basis() {
		md.line("<sub>%s</sub><br>", entities(text))
	}
	md.line("")
}

func (md *markdown) ledger(r *Report) {
	for _, s := range r.sides() {
		md.line("**%s: %s**", strings.ToUpper(s.Name[:1])+s.Name[1:], human.Bytes(s.Bytes))
		md.line("")
		md.row("what", "size", "")
		md.line("|---|--:|---|")
		for _, g := range s.Groups {
			name := code(g.Name)
			if from := origin(g); from != "" {
				name += " " + entities(from)
			}
			md.row(name, human.Bytes(g.Bytes), draw.Bar(g.Bytes, s.Bytes, barWidth))
		}
		md.line("")
	}
	wastes := r.wastes()
	if len(wastes) == 0 {
		return
	}
	md.line("**Wasted**")
	md.line("")
	for _, w := range wastes {
		md.line("- %s: %s", code(w.Instruction), entities(wasteText(w)))
	}
	md.line("")
}

func (md *markdown) builds(r *Report) {
	if len(r.Builds) == 0 {
		return
	}
	md.line("### What each save cost")
	md.line("")
	md.row("build", "because of", "result", "ran", "hit", "cache saved", "built in", "served after")
	md.line("|--:|---|---|--:|--:|--:|--:|--:|")
	for _, b := range r.Builds {
		md.row(fmt.Sprint(b.Number), causes(b), entities(result(b)), ran(b), hit(b), millis(b.Saved), millis(b.MS), served(b))
	}
	md.line("")
	if line := r.cacheLine(); line != "" {
		md.line("%s", line)
		md.line("")
	}
	for _, s := range r.Skips {
		why := entities(s.Why())
		if s.Reason == event.Ignored && s.Rule != "" {
			why = "ignored by " + code(s.Rule)
		}
		md.line("- %s %s: %s", codes(s.Paths), skipWhat(s.Skipped), why)
	}
	if len(r.Skips) > 0 {
		md.line("")
	}
}

// causes returns the changed paths of a build, else the reason for it.
func causes(b *story.Build) string {
	if len(b.Paths) > 0 {
		return codes(b.Paths)
	}
	if b.Because == "" {
		return none
	}
	return entities(b.Because)
}

// mostPaths is how many paths a cell names.
const mostPaths = 4

func codes(paths []string) string {
	var out []string
	for i, p := range paths {
		if i == mostPaths {
			out = append(out, fmt.Sprintf("%d more", len(paths)-i))
			break
		}
		out = append(out, code(p))
	}
	return strings.Join(out, ", ")
}

func (md *markdown) steps(r *Report) {
	b := r.Told
	if b == nil {
		return
	}
	md.line("<details><summary>The steps of build %d</summary>", b.Number)
	md.line("")
	md.row("stage", "step", "line", "instruction", "", "time", "because")
	md.line("|---|--:|--:|---|---|--:|---|")
	b.Steps(func(s *story.Step) {
		why := none
		if s.Because != "" {
			why = entities(s.Because)
		}
		md.row(code(s.Stage), fmt.Sprintf("%d/%d", s.Index, s.Total), fmt.Sprint(s.Line), code(s.Instruction), stepWord(s), stepTime(s), why)
	})
	md.line("")
	md.line("</details>")
	md.line("")
}

func (md *markdown) warnings(r *Report) {
	if len(r.Warnings) == 0 {
		return
	}
	md.line("### Warnings")
	md.line("")
	for _, w := range r.Warnings {
		md.line("- %s (%s)", entities(w.Message), code(w.Code))
		if w.Hint != "" {
			md.line("  hint: %s", entities(w.Hint))
		}
	}
	md.line("")
}
