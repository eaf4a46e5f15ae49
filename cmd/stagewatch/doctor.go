package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/muesli/termenv"
	"github.com/spf13/cobra"

	"github.com/stagewatch/stagewatch/engine/doctor"
	"github.com/stagewatch/stagewatch/ui/clean"
)

func doctorCommand() *cobra.Command {
	o := &options{}
	cmd := &cobra.Command{
		Use:   "doctor [flags] [CONTEXT]",
		Short: "Check what stagewatch needs: engine, builder, base images, port, watch limits",
		Long: `Check everything that stagewatch needs, and show what to do about what is missing: the engine, its
BuildKit and image store, the Dockerfile and its base images, the context, the port, and the limits
on watching files. It also removes what crashed sessions left on the engine, as every start of
stagewatch does. It builds, pulls and runs nothing.

Each line begins with ok, note (it works, but is worth a look) or fail (stagewatch can't run). The
exit code is 1 if a check failed, else 0.

With --progress json each check is a line {"v":1,"check":…,"status":"ok|note|fail","detail":…,"hint":…},
without a hint if there is nothing to do. Fields may be added, never renamed.`,
		Example: `  stagewatch doctor
  stagewatch doctor -p 9000:8080 --target build examples/api`,
		Args: arguments(cobra.MaximumNArgs(1), "context"),
		RunE: func(cmd *cobra.Command, args []string) error {
			cfg, err := o.config(args)
			if err != nil {
				return err
			}
			show := newPrescription(os.Stdout, o.progress == faceJSON)
			return untilTold(cmd.Context(), unreadFor, func() error {
				doctor.Run(cmd.Context(), cfg, show.print)
				if err := cmd.Context().Err(); err != nil {
					return err
				}
				return show.end()
			})
		},
	}
	o.buildFlags(cmd.Flags())
	o.stepFlags(cmd.Flags(), "")
	cmd.Flags().StringArrayVarP(&o.cfg.Publish, "publish", "p", []string{"8080:8080"}, "Port to check: [[address:]port:]container-port")
	cmd.Flags().StringVar(&o.progress, "progress", faceAuto, "Type of output: json writes one object per line; auto, tty and plain write text")
	cmd.ValidArgsFunction = one(folders)
	o.complete(cmd)
	return cmd
}

// prescription writes findings: a line each, and a second one for a hint.
type prescription struct {
	w     io.Writer
	json  bool
	width int
	// color colours the status, unless the terminal has no colours or NO_COLOR is set.
	color *termenv.Output
	count map[doctor.Status]int
	err   error
}

func newPrescription(w io.Writer, json bool) *prescription {
	p := &prescription{w: w, json: json, color: termenv.NewOutput(w), count: map[doctor.Status]int{}}
	p.color.Profile = terminalColor(w)
	if f, ok := w.(*os.File); ok && !json {
		p.w = wrapped(f)
	}
	for _, name := range doctor.Checks() {
		p.width = max(p.width, len(name))
	}
	return p
}

func (p *prescription) print(f doctor.Finding) {
	p.count[f.Status]++
	f.Detail, f.Hint = clean.Line(f.Detail), clean.Line(f.Hint)
	if p.json {
		line, err := json.Marshal(struct {
			V int `json:"v"`
			doctor.Finding
		}{1, f})
		if err != nil {
			p.err = err
			return
		}
		p.write(string(line))
		return
	}
	color := map[doctor.Status]string{doctor.OK: "2", doctor.Note: "3", doctor.Fail: "1"}[f.Status]
	word := p.color.String(fmt.Sprintf("%-4s", f.Status)).Foreground(p.color.Color(color))
	p.write(fmt.Sprintf("%s  %-*s  %s", word, p.width, f.Check, f.Detail))
	if f.Hint != "" {
		p.write(fmt.Sprintf("      %-*s  hint: %s", p.width, "", f.Hint))
	}
}

func (p *prescription) write(line string) {
	if _, err := fmt.Fprintln(p.w, strings.TrimRight(line, " ")); err != nil && p.err == nil {
		p.err = fmt.Errorf("writing the checks: %w", err)
	}
}

// end writes the summary. It returns exit code 1 if a check failed.
func (p *prescription) end() error {
	fails, notes := p.count[doctor.Fail], p.count[doctor.Note]
	if !p.json {
		switch {
		case fails > 0:
			p.write(fmt.Sprintf("\nstagewatch can't run: %d of %d checks failed.", fails, fails+notes+p.count[doctor.OK]))
		case notes > 0:
			p.write("\nstagewatch can run; see the notes above.")
		default:
			p.write("\nAll checks passed.")
		}
	}
	if p.err == nil && fails > 0 {
		return exitCode(1)
	}
	return p.err
}
