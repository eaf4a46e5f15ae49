package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/stagewatch/stagewatch/engine/compose"
	"github.com/stagewatch/stagewatch/engine/config"
	"github.com/stagewatch/stagewatch/engine/event"
	"github.com/stagewatch/stagewatch/engine/explain"
	"github.com/stagewatch/stagewatch/engine/fault"
	"github.com/stagewatch/stagewatch/ui/clean"
	"github.com/stagewatch/stagewatch/ui/plain"
)

// planning are the flags of stagewatch plan.
type planning struct {
	options
	files     []string
	compose   compose.Options
	noCompose bool
}

func planCommand() *cobra.Command {
	o := &planning{}
	cmd := &cobra.Command{
		Use:   "plan [flags] [PATH…]",
		Short: "Show which stages and steps would rerun if these paths changed (needs no engine)",
		Long: `Show which stages and steps would rerun if these paths changed, and why. It builds nothing, and needs no engine: if
none answers, it uses what an engine reported for the last build of this context. Only edits of the Dockerfile and the
ignore file since that build count. Without paths, everything that changed since that build counts.

In a folder with a compose.yaml it plans for each service that is built there, and names those that the paths do not
affect. --no-compose, --context-dir, a Dockerfile after -f, or a flag of a single build such as --target plans one
Dockerfile instead. -f takes either: what the file begins with tells, or its extension .yaml or .yml.`,
		Example: `  stagewatch plan app/main.py
  stagewatch plan
  stagewatch plan --context-dir examples/api requirements.txt
  stagewatch plan -f compose.yaml -f compose.dev.yaml --service api src/main.go`,
		RunE: func(cmd *cobra.Command, args []string) error { return o.run(cmd, args) },
	}
	f := cmd.Flags()
	f.StringVar(&o.context, "context-dir", ".", "Build context")
	f.StringArrayVarP(&o.files, "file", "f", nil, "Path of the Dockerfile (default CONTEXT/Dockerfile, else CONTEXT/dockerfile), or of a compose file; compose files can be repeated, the later ones over the earlier")
	f.StringVarP(&o.compose.Name, "project-name", "p", "", "Name of the compose project (default its own name, else that of its folder)")
	f.StringArrayVar(&o.compose.Profiles, "profile", nil, "Compose profile to enable; can be repeated")
	f.StringArrayVar(&o.compose.EnvFiles, "env-file", nil, "File of variables for compose files, in place of .env; can be repeated")
	f.StringArrayVar(&o.compose.Services, "service", nil, "Plan only for this compose service and those that it depends on; can be repeated")
	f.BoolVar(&o.noCompose, "no-compose", false, "Plan the Dockerfile, also where there is a compose.yaml")
	o.buildFlags(f)
	o.faceFlags(f)
	o.complete(cmd)
	_ = cmd.RegisterFlagCompletionFunc("service", o.completeServices)
	return cmd
}

// completeServices completes the names of the project's services, of all profiles.
func (o *planning) completeServices(cmd *cobra.Command, _ []string, _ string) (names []cobra.Completion, _ cobra.ShellCompDirective) {
	p, err := compose.Read(cmd.Context(), compose.Options{Files: o.files, EnvFiles: o.compose.EnvFiles, Profiles: []string{"*"}})
	if err == nil {
		for _, s := range p.Services {
			names = append(names, s.Name)
		}
	}
	return names, cobra.ShellCompDirectiveNoFileComp
}

func (o *planning) run(cmd *cobra.Command, args []string) error {
	p, err := o.project(cmd)
	if err != nil {
		return err
	}
	if p == nil && len(o.files) > 0 {
		o.cfg.File = o.files[0]
	}
	cfg, err := o.config([]string{o.context})
	if err != nil {
		return err
	}
	var out io.Writer = os.Stdout
	if o.progress == faceAuto {
		out = wrapped(os.Stdout)
	}
	return untilTold(cmd.Context(), 0, func() error {
		events, err := planned(cmd.Context(), cfg, p, args)
		if err != nil {
			return err
		}
		if o.progress != faceJSON {
			events = plain.Together(events)
		}
		return o.face(false).stream(out, queued(events), func(event.Event) {})
	})
}

// planned plans the services of a compose project, or one Dockerfile where there is no project.
func planned(ctx context.Context, cfg config.Config, p *compose.Project, args []string) ([]event.Event, error) {
	if p != nil {
		return explain.Services(ctx, cfg, p, args)
	}
	bodies, err := explain.Changes(ctx, cfg, args)
	var events []event.Event
	for _, b := range bodies {
		events = append(events, event.Event{Time: time.Now(), Body: b})
	}
	return events, err
}

// project reads the compose project that is to be planned. It returns nil if that is a Dockerfile.
func (o *planning) project(cmd *cobra.Command) (*compose.Project, error) {
	composed, asked, err := o.composed(cmd.Flags())
	if err != nil || !composed {
		return nil, err
	}
	o.compose.Files = o.files
	p, err := compose.Read(cmd.Context(), o.compose)
	dockerfile := beside(".")
	if asked || dockerfile == "" {
		return p, err
	}
	if err != nil {
		return nil, &fault.Error{What: err.Error(), Hint: strings.TrimSpace(fault.Hint(err) + " --no-compose plans " + dockerfile + " alone.")}
	}
	file := clean.Line(p.FileName())
	if !slices.ContainsFunc(p.Services, func(s compose.Service) bool { return s.Built }) {
		fmt.Fprintf(os.Stderr, "stagewatch: planning %s, as no service of %s is built\n", dockerfile, file)
		return nil, nil
	}
	fmt.Fprintf(os.Stderr, "stagewatch: planning the services of %s; --no-compose plans %s alone\n", file, dockerfile)
	return p, nil
}

// beside returns the name of the Dockerfile in a folder, empty where there is none.
func beside(dir string) string {
	for _, name := range []string{"Dockerfile", "dockerfile"} {
		if _, err := os.Stat(filepath.Join(dir, name)); err == nil {
			return name
		}
	}
	return ""
}

// Flags that only a compose project has a use for, and those that only a single build has.
var (
	ofCompose  = []string{"project-name", "profile", "env-file", "service"}
	ofOneBuild = []string{"context-dir", "target", "before", "tag", "build-context", "secret", "platform"}
)

// composed reports whether the services of a compose project are to be planned, and whether flags asked for that, and not
// only the files in the working folder.
func (o *planning) composed(f *pflag.FlagSet) (composed, asked bool, err error) {
	var composes, dockerfiles []string
	for _, file := range o.files {
		if compose.IsFile(file) {
			composes = append(composes, "-f "+file)
		} else {
			dockerfiles = append(dockerfiles, "-f "+file)
		}
	}
	several := append(composes, given(f, ofCompose)...)
	single := append(dockerfiles, given(f, ofOneBuild)...)
	if o.noCompose {
		single = append(single, "--no-compose")
	}
	switch {
	case len(dockerfiles) > 1:
		return false, false, &fault.Error{What: "reading " + strings.Join(dockerfiles, " ") + ": only compose files can be several", Hint: "Name one Dockerfile."}
	case len(several) > 0 && len(single) > 0:
		return false, false, &fault.Error{What: fmt.Sprintf("reading %s: it is for a compose project, and %s is for a single build", several[0], single[0]), Hint: "Leave one of them out. What a service is built from is said in its compose file."}
	case len(several) > 0:
		return true, true, nil
	case len(single) > 0:
		return false, false, nil
	}
	return compose.Found(".") || beside(".") == "" && compose.FoundAbove("."), false, nil
}

// given returns those of the flags that were given.
func given(f *pflag.FlagSet, names []string) []string {
	var out []string
	for _, name := range names {
		if f.Changed(name) {
			out = append(out, "--"+name)
		}
	}
	return out
}
