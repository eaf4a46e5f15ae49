package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/muesli/termenv"
	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/stagewatch/stagewatch/engine/event"
	"github.com/stagewatch/stagewatch/engine/fault"
	"github.com/stagewatch/stagewatch/ui"
	"github.com/stagewatch/stagewatch/ui/draw"
	"github.com/stagewatch/stagewatch/ui/replay"
	reports "github.com/stagewatch/stagewatch/ui/report"
	"github.com/stagewatch/stagewatch/ui/svg"
)

// reporting are the flags of stagewatch report.
type reporting struct {
	format, output, at, size string
}

func reportCommand() *cobra.Command {
	r := &reporting{}
	cmd := &cobra.Command{
		Use:   "report [flags] [FILE]",
		Short: "Tell what a recorded session gained: Markdown, a page, or a picture of the dashboard",
		Long: `Tell the size gains and the cache story of a recorded session (FILE, or stdin): as Markdown for a
pull request, as one HTML page that fetches nothing, or as an SVG of the dashboard for a README.`,
		Example: `  stagewatch report session.jsonl
  stagewatch report -o session.html session.jsonl
  stagewatch report -o dashboard.svg --at 2 --size 120x36 session.jsonl
  stagewatch build --progress json . | stagewatch report`,
		Args: arguments(cobra.MaximumNArgs(1), "recording"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := r.check(); err != nil {
				return err
			}
			if err := r.apart(args); err != nil {
				return err
			}
			return untilTold(cmd.Context(), 0, func() error { return r.run(args) })
		},
	}
	f := cmd.Flags()
	f.StringVar(&r.format, "format", "", "markdown, html or svg (default by the name of -o: .md, .html or .svg; else markdown)")
	f.StringVarP(&r.output, "output", "o", "", "the file to write (default stdout)")
	f.StringVar(&r.at, "at", "end", "the moment to tell of: end, or the number of a build")
	f.StringVar(&r.size, "size", "120x36", "columns x lines of the dashboard in an svg or a page")
	cmd.ValidArgsFunction = one(files("jsonl"))
	(&options{}).complete(cmd)
	return cmd
}

// check settles the format.
func (r *reporting) check() error {
	if ext := strings.ToLower(filepath.Ext(r.output)); r.format == "" && ext != "" {
		r.format = map[string]string{".md": "markdown", ".markdown": "markdown", ".txt": "markdown", ".html": "html", ".htm": "html", ".svg": "svg"}[ext]
		if r.format == "" {
			return &fault.Error{What: fmt.Sprintf("writing the report to %s: there is no report of that kind", r.output), Hint: "Name the file .md, .html or .svg, or choose one with --format."}
		}
	}
	switch r.format {
	case "":
		r.format = "markdown"
	case "markdown", "html", "svg":
	default:
		return &fault.Error{What: fmt.Sprintf("reading --format %q: there is no such format", r.format), Hint: "Choose markdown, html or svg."}
	}
	return nil
}

// apart keeps a recording from being written over by its own report.
func (r *reporting) apart(args []string) error {
	if len(args) == 0 {
		return nil
	}
	in, err := os.Stat(args[0])
	if err != nil {
		return nil
	}
	if out, err := os.Stat(r.output); err == nil && os.SameFile(in, out) {
		return &fault.Error{What: fmt.Sprintf("writing the report to %s: that is the recording", r.output), Hint: "Give -o another file."}
	}
	return nil
}

func (r *reporting) run(args []string) error {
	events, err := readRecording(args)
	if err != nil {
		return err
	}
	if events, err = r.moment(events); err != nil {
		return err
	}
	var out bytes.Buffer
	if err := r.write(&out, events); err != nil {
		return err
	}
	return r.save(out.Bytes())
}

// readRecording reads the file that was named, or else stdin.
func readRecording(args []string) ([]event.Event, error) {
	if len(args) == 0 || args[0] == "-" {
		if term.IsTerminal(int(os.Stdin.Fd())) {
			return nil, &fault.Error{What: "reading a recording: none was named", Hint: "Make one with stagewatch --record FILE, then run stagewatch report FILE."}
		}
		return readEvents("on stdin", os.Stdin)
	}
	file, err := os.Open(args[0])
	if err != nil {
		hint := "Name a file that can be read."
		if errors.Is(err, fs.ErrNotExist) {
			hint = "Make one with stagewatch --record FILE."
		}
		return nil, &fault.Error{What: "opening the recording", Err: err, Hint: hint}
	}
	defer file.Close()
	return readEvents(args[0], file)
}

func readEvents(name string, r io.Reader) ([]event.Event, error) {
	events, err := replay.Read(r)
	var refused *replay.Error
	if errors.As(err, &refused) {
		return nil, &fault.Error{What: "reading the recording " + name, Err: refused, Hint: refused.Hint}
	}
	return events, err
}

func (r *reporting) moment(events []event.Event) ([]event.Event, error) {
	if r.at == "end" {
		return events, nil
	}
	n, err := strconv.Atoi(strings.TrimPrefix(r.at, "build "))
	if err != nil || n < 1 {
		return nil, &fault.Error{What: fmt.Sprintf("reading --at %q: there is no such moment", r.at), Hint: "Write end, or the number of a build."}
	}
	return reports.At(events, n)
}

func (r *reporting) write(w io.Writer, events []event.Event) error {
	told := reports.New(events)
	if r.format == "markdown" {
		return told.Markdown(w)
	}
	var columns, lines int
	if n, err := fmt.Sscanf(r.size, "%dx%d", &columns, &lines); n != 2 || err != nil || columns < 20 || lines < 8 || columns > 400 || lines > 120 {
		return &fault.Error{What: fmt.Sprintf("reading --size %q", r.size), Hint: "Write columns x lines, from 20x8 to 400x120, such as 120x36."}
	}
	look := draw.Terminal{Profile: termenv.TrueColor, Dark: true}
	frame := ui.Still(events, ui.Options{Context: told.Name, Terminal: &look}, columns, lines)
	picture := svg.Frame(frame, svg.Options{Title: "stagewatch " + told.Name, Columns: columns})
	if r.format == "html" {
		return told.HTML(w, picture)
	}
	_, err := io.WriteString(w, picture)
	return err
}

// save writes what was made only once all of it could be.
func (r *reporting) save(out []byte) error {
	if r.output == "" || r.output == "-" {
		_, err := os.Stdout.Write(out)
		return err
	}
	if err := os.WriteFile(r.output, out, 0o644); err != nil {
		return &fault.Error{What: "writing the report", Err: err, Hint: "Give -o a file that can be written."}
	}
	return nil
}
