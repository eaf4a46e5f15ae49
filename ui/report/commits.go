package report

import (
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/stagewatch/stagewatch/engine/event"
	"github.com/stagewatch/stagewatch/engine/human"
	"github.com/stagewatch/stagewatch/ui/clean"
	"github.com/stagewatch/stagewatch/ui/draw"
)

// Commit is a commit with the size of its image.
type Commit struct {
	ID      string
	At      time.Time
	Subject string
	// Bytes is the size, 0 where it is not known; Unknown says why.
	Bytes   int64
	Unknown string
}

// Commits are the sizes of images over commits, the newest first.
type Commits []Commit

// chartBar is the width of a bar of the chart, in columns, and chartSubject that of a commit's subject.
const (
	chartBar     = 40
	chartSubject = 48
)

// known returns the largest size, and how many are known.
func (c Commits) known() (largest int64, n int) {
	for _, commit := range c {
		if commit.Bytes > 0 {
			n++
		}
		largest = max(largest, commit.Bytes)
	}
	return largest, n
}

// delta returns how a size differs from that of the next older commit whose size is known.
func (c Commits) delta(i int) string {
	if c[i].Bytes == 0 {
		return ""
	}
	for _, older := range c[i+1:] {
		if older.Bytes > 0 {
			return human.Delta(c[i].Bytes - older.Bytes)
		}
	}
	return ""
}

// size returns the size in words, and the reason where it is not known.
func (c Commit) size() (size, why string) {
	if c.Bytes == 0 {
		return none, clean.Line(c.Unknown)
	}
	return human.Bytes(c.Bytes), ""
}

func (c Commit) short() string { return fmt.Sprintf("%.12s", clean.Line(c.ID)) }

// Title says how many of the sizes are known.
func (c Commits) Title() string {
	_, n := c.known()
	return fmt.Sprintf("%s, %d with a size", human.Count(len(c), "commit"), n)
}

// Chart returns the sizes as lines with bars on one scale, for a terminal or a picture.
func (c Commits) Chart() string {
	full, _ := c.known()
	var out strings.Builder
	for i, commit := range c {
		size, why := commit.size()
		bar := draw.Bar(commit.Bytes, full, chartBar)
		if why != "" {
			bar = draw.Cut(why, chartBar)
		}
		line := fmt.Sprintf("%s  %s  %s  %s  %s  %s", commit.short(), commit.At.UTC().Format(time.DateOnly), left(size, 8), left(c.delta(i), 9),
			bar+pad(bar, chartBar), draw.Cut(clean.Line(commit.Subject), chartSubject))
		out.WriteString(strings.TrimRight(line, " ") + "\n")
	}
	return out.String()
}

// left puts text at the right end of a column.
func left(text string, width int) string { return pad(text, width) + text }

func pad(text string, width int) string {
	return strings.Repeat(" ", max(0, width-draw.Width(text)))
}

// Markdown writes the sizes as a table.
func (c Commits) Markdown(w io.Writer) error {
	md := &markdown{}
	md.line("## %s", c.Title())
	md.line("")
	md.row("commit", "date", "size", "", "", "")
	md.line("|---|---|--:|--:|---|---|")
	full, _ := c.known()
	for i, commit := range c {
		size, why := commit.size()
		bar := draw.Bar(commit.Bytes, full, barWidth)
		if why != "" {
			bar = entities(why)
		}
		md.row(code(commit.short()), event.Day(commit.At), size, c.delta(i), bar, entities(clean.Line(commit.Subject)))
	}
	md.line("")
	if _, err := io.WriteString(w, md.out.String()); err != nil {
		return fmt.Errorf("writing the report: %w", err)
	}
	return nil
}
