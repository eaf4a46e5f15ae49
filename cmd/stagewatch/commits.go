package main

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/stagewatch/stagewatch/engine"
	"github.com/stagewatch/stagewatch/engine/fault"
	"github.com/stagewatch/stagewatch/ui/clean"
	reports "github.com/stagewatch/stagewatch/ui/report"
	"github.com/stagewatch/stagewatch/ui/svg"
)

// commits reports the sizes of images over commits of the context.
func (r *reporting) commits(cmd *cobra.Command, args []string) error {
	for _, name := range []string{"at", "base", "size", "against", "against-file", "context-dir"} {
		if cmd.Flags().Changed(name) {
			return &fault.Error{What: fmt.Sprintf("reading --%s: it is for a recording, and --commits is for a context", name), Hint: "Leave one of them out."}
		}
	}
	if r.newest < 1 {
		return &fault.Error{What: fmt.Sprintf("reading --commits %d: not a number of commits", r.newest), Hint: "Write --commits 20."}
	}
	switch r.format {
	case "", "markdown", "svg", "png":
	default:
		return &fault.Error{What: fmt.Sprintf("reading --format %s: a chart of commits is none of that format", r.format), Hint: "Choose markdown, svg or png, or none for a terminal."}
	}
	cfg, err := r.config(args)
	if err != nil {
		return err
	}
	sizes, err := engine.Commits(cmd.Context(), cfg, r.newest, r.build, func(id, subject string) {
		fmt.Fprintf(os.Stderr, "stagewatch: building commit %.12s: %s\n", id, clean.Line(subject))
	})
	if err != nil {
		return asTold(cmd.Context(), err)
	}
	var all reports.Commits
	for _, s := range sizes {
		all = append(all, reports.Commit{ID: s.ID, At: s.Commit.At, Subject: s.Subject, Bytes: s.Bytes, Unknown: s.Words()})
	}
	return untilTold(cmd.Context(), 0, func() error {
		var out bytes.Buffer
		if err := r.chart(&out, all); err != nil {
			return err
		}
		return r.save(out.Bytes())
	})
}

// chart writes the sizes in the format that was asked for.
func (r *reporting) chart(w io.Writer, all reports.Commits) error {
	switch r.format {
	case "svg", "png":
		return r.draw(w, svg.Frame(strings.TrimSuffix(all.Chart(), "\n"), svg.Options{Title: all.Title()}))
	case "markdown":
		return all.Markdown(w)
	}
	_, err := io.WriteString(w, all.Chart())
	return err
}
