package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/muesli/termenv"
	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/stagewatch/stagewatch/engine/event"
	"github.com/stagewatch/stagewatch/engine/fault"
	"github.com/stagewatch/stagewatch/ui"
	"github.com/stagewatch/stagewatch/ui/draw"
	reports "github.com/stagewatch/stagewatch/ui/report"
	"github.com/stagewatch/stagewatch/ui/svg"
)

// reporting are the flags of stagewatch report.
type reporting struct {
	service string
	options
	format, output, at, size, base string
	// newest is the number of commits to report, and build has those built whose size is not known.
	newest int
	build  bool
}

// cleanWithin is how long what was built for a comparison may take to be removed.
const cleanWithin = 30 * time.Second

func reportCommand() *cobra.Command {
	r := &reporting{options: options{progress: faceAuto}}
	cmd := &cobra.Command{
		Use:   "report [flags] [FILE | CONTEXT]",
		Short: "Summarize a recorded session as Markdown, a page, or a picture of the dashboard",
		Long: `Summarize what a recorded session gained in size and time. FILE is the recording, by default stdin.
The report is Markdown, one HTML page that fetches nothing, or an SVG or a PNG of the dashboard for a README.
--format pr says in short what a change does: the size before and after, the steps that were not in
the cache and why, and what is over its budget.

--against IMAGE compares the last image of the recording, which the engine has to have still, with another one, and
--against-file FILE with what that Dockerfile builds of --context-dir. A comparison that stagewatch build made is in the
recording.

--commits 20 reports the sizes of images over the newest commits of CONTEXT. stagewatch build records the size of what it
builds from a work tree without changes, for the Dockerfile, target and platform that the flags name. With --build those that
are missing are built; the work tree is left alone.`,
		Example: `  stagewatch report session.jsonl
  stagewatch report -o session.html session.jsonl
  stagewatch report -o dashboard.svg --at 2 --size 120x36 session.jsonl
  stagewatch build --progress json . | stagewatch report
  stagewatch report --format pr --base main.jsonl branch.jsonl
  stagewatch report --against app:1.4 -o app.html session.jsonl
  stagewatch report --commits 20 -o sizes.svg .`,
		Args: arguments(cobra.MaximumNArgs(1), "recording"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := r.check(); err != nil {
				return err
			}
			if cmd.Flags().Changed("commits") {
				return r.commits(cmd, args)
			}
			if r.build {
				return &fault.Error{What: "reading --build: it is for --commits", Hint: "Write --commits 20 --build."}
			}
			if r.format == "" {
				r.format = "markdown"
			}
			if err := r.apart(args); err != nil {
				return err
			}
			grace := time.Duration(0)
			if r.cfg.Against.File != "" {
				grace = cleanWithin
			}
			return untilTold(cmd.Context(), grace, func() error { return r.run(cmd.Context(), args) })
		},
	}
	r.flags(cmd)
	return cmd
}

func (r *reporting) flags(cmd *cobra.Command) {
	f := cmd.Flags()
	f.StringVar(&r.format, "format", "", "Format of the report: markdown, pr, html, svg or png (default by the extension of -o: .md, .html, .svg or .png; else markdown)")
	f.StringVarP(&r.output, "output", "o", "", "File to write (default stdout)")
	serviceFlag(f, &r.service)
	f.StringVar(&r.base, "base", "", "Recording of the base to compare with in a report of format pr")
	f.StringVar(&r.at, "at", "end", "Moment to report: end, or the number of a build")
	f.StringVar(&r.size, "size", "120x36", "Size of the dashboard in an svg, png or html report, in columns x lines")
	f.IntVar(&r.newest, "commits", 0, "Report the sizes of the newest commits of a context in place of a recording, as far as they are recorded")
	f.BoolVar(&r.build, "build", false, "With --commits, build the commits that have no record, each from an export of its own")
	r.againstFlags(f)
	f.StringVar(&r.context, "context-dir", ".", "Build context of --against-file")
	r.sourceFlags(f)
	cmd.ValidArgsFunction = func(cmd *cobra.Command, args []string, typed string) ([]cobra.Completion, cobra.ShellCompDirective) {
		if cmd.Flags().Changed("commits") {
			return one(folders)(cmd, args, typed)
		}
		return one(files("jsonl"))(cmd, args, typed)
	}
	r.complete(cmd)
}

// check sets the format from the name of the output where it was not given.
func (r *reporting) check() error {
	if ext := strings.ToLower(filepath.Ext(r.output)); r.format == "" && ext != "" {
		r.format = map[string]string{".md": "markdown", ".markdown": "markdown", ".txt": "markdown", ".html": "html", ".htm": "html", ".svg": "svg", ".png": "png"}[ext]
		if r.format == "" {
			return &fault.Error{What: fmt.Sprintf("writing the report to %s: unknown extension %s", r.output, ext), Hint: "Name the file .md, .html, .svg or .png, or choose one with --format."}
		}
	}
	switch r.format {
	case "", "markdown", "pr", "html", "svg":
	case "png":
		if r.output == "" && term.IsTerminal(int(os.Stdout.Fd())) {
			return &fault.Error{What: "writing the report: a terminal can't show a PNG", Hint: "Name a file with -o."}
		}
	default:
		return &fault.Error{What: fmt.Sprintf("reading --format %q: unknown format", r.format), Hint: "Choose markdown, pr, html, svg or png."}
	}
	if r.base != "" && r.format != "pr" {
		return &fault.Error{What: fmt.Sprintf("reading --base %s: a report of format %s compares with no base", r.base, r.format), Hint: "Choose --format pr, or leave --base out."}
	}
	return nil
}

// apart refuses to overwrite the recording with its own report.
func (r *reporting) apart(args []string) error {
	if len(args) == 0 {
		return nil
	}
	in, err := os.Stat(args[0])
	if err != nil {
		return nil
	}
	if out, err := os.Stat(r.output); err == nil && os.SameFile(in, out) {
		return &fault.Error{What: fmt.Sprintf("writing the report to %s: this file is the recording", r.output), Hint: "Name another file with -o."}
	}
	return nil
}

func (r *reporting) run(ctx context.Context, args []string) error {
	events, err := readRecordingOf(r.service, args)
	if err != nil {
		return err
	}
	if events, err = r.moment(events); err != nil {
		return err
	}
	if events, err = r.comparing(ctx, events); err != nil {
		return err
	}
	var out bytes.Buffer
	if err := r.write(&out, events); err != nil {
		return err
	}
	return r.save(out.Bytes())
}

func (r *reporting) moment(events []event.Event) ([]event.Event, error) {
	if r.at == "end" {
		return events, nil
	}
	n, err := strconv.Atoi(strings.TrimPrefix(r.at, "build "))
	if err != nil || n < 1 {
		return nil, &fault.Error{What: fmt.Sprintf("reading --at %q: not the number of a build", r.at), Hint: "Write end, or the number of a build."}
	}
	return reports.At(events, n)
}

func (r *reporting) write(w io.Writer, events []event.Event) error {
	told := reports.New(events)
	switch r.format {
	case "markdown":
		return told.Markdown(w)
	case "pr":
		return r.compare(w, told)
	}
	var columns, lines int
	if n, err := fmt.Sscanf(r.size, "%dx%d", &columns, &lines); n != 2 || err != nil || columns < 20 || lines < 8 || columns > 400 || lines > 120 {
		return &fault.Error{What: fmt.Sprintf("reading --size %q: not a size, or out of range", r.size), Hint: "Write columns x lines, from 20x8 to 400x120, such as 120x36."}
	}
	look := draw.Terminal{Profile: termenv.TrueColor, Dark: true}
	frame := ui.Still(events, ui.Options{Context: told.Name, Terminal: &look}, columns, lines)
	picture := svg.Frame(frame, svg.Options{Title: "stagewatch " + told.Name, Columns: columns})
	if r.format == "html" {
		return told.HTML(w, picture)
	}
	return r.draw(w, picture)
}

// draw writes a picture as an SVG or a PNG.
func (r *reporting) draw(w io.Writer, picture string) error {
	data := []byte(picture)
	if r.format == "png" {
		var err error
		if data, err = svg.PNG(picture); err != nil {
			return err
		}
	}
	_, err := w.Write(data)
	return err
}

// compare writes the report beside that of the base.
func (r *reporting) compare(w io.Writer, told *reports.Report) error {
	if r.base == "" {
		return told.PullRequest(w, nil)
	}
	events, err := readRecordingOf(r.service, []string{r.base})
	if err != nil {
		return err
	}
	return told.PullRequest(w, reports.New(events))
}

// save writes the finished report, so that a failed one leaves no half of a file.
func (r *reporting) save(out []byte) error {
	if r.output == "" || r.output == "-" {
		_, err := os.Stdout.Write(out)
		return err
	}
	if err := os.WriteFile(r.output, out, 0o644); err != nil {
		return &fault.Error{What: "writing the report", Err: err, Hint: "Name a file that can be written with -o."}
	}
	return nil
}
