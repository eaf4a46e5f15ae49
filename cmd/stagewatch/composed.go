package main

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/stagewatch/stagewatch/engine/compose"
	"github.com/stagewatch/stagewatch/engine/config"
	"github.com/stagewatch/stagewatch/engine/fault"
	"github.com/stagewatch/stagewatch/ui/clean"
)

// composing are the flags of commands that take a Dockerfile or the services of a compose project.
type composing struct {
	files     []string
	compose   compose.Options
	noCompose bool
	// runs: the command also runs what it builds, and has docker's flags for that.
	runs bool
}

// flags adds the flags. It comes before those of a build, which has one file.
func (o *composing) flags(cmd *cobra.Command) {
	f := cmd.Flags()
	short := ""
	if !o.runs {
		// Where what is built also runs, -p and --env-file are those of docker run.
		short = "p"
		f.StringArrayVar(&o.compose.EnvFiles, "env-file", nil, "File of variables for compose files, in place of .env; can be repeated")
	}
	f.StringVarP(&o.compose.Name, "project-name", short, "", "Name of the compose project (default its own name, else that of its folder)")
	f.StringArrayVarP(&o.files, "file", "f", nil, "Path of the Dockerfile (default CONTEXT/Dockerfile, else CONTEXT/dockerfile), or of a compose file; compose files can be repeated, the later ones over the earlier")
	f.StringArrayVar(&o.compose.Profiles, "profile", nil, "Compose profile to enable; can be repeated")
	f.BoolVar(&o.noCompose, "no-compose", false, "Take the Dockerfile, also where there is a compose.yaml")
}

// dockerfile returns the Dockerfile that -f names, empty for none.
func (o *composing) dockerfile() string {
	if len(o.files) == 0 {
		return ""
	}
	return o.files[0]
}

// completeServices completes the names of the project's services, of all profiles.
func (o *composing) completeServices(cmd *cobra.Command, _ []string, _ string) (names []cobra.Completion, _ cobra.ShellCompDirective) {
	p, err := compose.Read(cmd.Context(), compose.Options{Files: o.files, EnvFiles: o.compose.EnvFiles, Profiles: []string{"*"}})
	if err == nil {
		for _, s := range p.Services {
			names = append(names, s.Name)
		}
	}
	return names, cobra.ShellCompDirectiveNoFileComp
}

// completeArgs completes folders, and the names of services where there are some.
func (o *composing) completeArgs(cmd *cobra.Command, args []string, typed string) ([]cobra.Completion, cobra.ShellCompDirective) {
	names, none := o.completeServices(cmd, args, typed)
	if len(names) > 0 {
		return names, none
	}
	return one(folders)(cmd, args, typed)
}

// project reads the compose project that is to be taken. It returns nil if that is a Dockerfile.
func (o *composing) project(cmd *cobra.Command) (*compose.Project, error) {
	composed, asked, err := o.composed(cmd.Flags())
	if err != nil || !composed {
		return nil, err
	}
	o.compose.Files = o.files
	p, err := compose.Read(cmd.Context(), o.compose)
	dockerfile := beside(".")
	if asked || dockerfile == "" || len(o.compose.Services) > 0 {
		return p, err
	}
	if err != nil {
		return nil, &fault.Error{What: err.Error(), Hint: strings.TrimSpace(fault.Hint(err) + " --no-compose takes " + dockerfile + " alone.")}
	}
	file := clean.Line(p.FileName())
	if !slices.ContainsFunc(p.Services, func(s compose.Service) bool { return s.Built }) {
		fmt.Fprintf(os.Stderr, "stagewatch: taking %s, as no service of %s is built\n", dockerfile, file)
		return nil, nil
	}
	fmt.Fprintf(os.Stderr, "stagewatch: taking the services of %s; --no-compose takes %s alone\n", file, dockerfile)
	return p, nil
}

// read reads the compose project that is to be taken, nil for one Dockerfile, and the configuration of what is built.
func (o *composing) read(cmd *cobra.Command, build *options, context []string) (*compose.Project, config.Config, error) {
	p, err := o.project(cmd)
	if err != nil {
		return nil, config.Config{}, err
	}
	if p == nil {
		build.cfg.File = o.dockerfile()
	}
	cfg, err := build.config(context)
	return p, cfg, err
}

// oneBuilt returns the service of a project that is named, or else the only one that is built.
func oneBuilt(p *compose.Project, named []string) (compose.Service, error) {
	var built []string
	var one compose.Service
	for _, s := range p.Services {
		if s.Built && (len(named) == 0 || s.Name == named[0]) {
			built, one = append(built, s.Name), s
		}
	}
	switch {
	case len(built) == 1:
		return one, possible("building", one)
	case len(built) > 1:
		return one, &fault.Error{What: "reading " + p.FileName() + ": it builds several services", Hint: "Name one: " + strings.Join(built, ", ") + "."}
	case len(named) > 0:
		return one, &fault.Error{What: fmt.Sprintf("reading %s: service %q has no build section", p.FileName(), named[0]), Hint: "Name one that is built."}
	}
	return one, &fault.Error{What: "reading " + p.FileName() + ": no service of it is built", Hint: "Name services with a build section, or build a Dockerfile with --no-compose."}
}

// possible returns why that can't be done with the service, nil if it can.
func possible(doing string, s compose.Service) error {
	for _, l := range s.Lacks {
		if l.Fatal {
			return &fault.Error{What: fmt.Sprintf("%s service %q: %s", doing, s.Name, l), Hint: "Leave it to docker compose, and name the others here."}
		}
	}
	return nil
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
	ofCompose  = []string{"project-name", "profile", "service"}
	ofOneBuild = []string{"context-dir", "target", "before", "tag", "build-context", "secret", "platform", "metadata-file", "iidfile", "against", "against-file", "check", "gate", "no-cache-filter", "add-host", "label", "network", "shm-size", "ulimit"}
	// ofServices are those of running an app that each service has a use for.
	ofServices = []string{"drain-timeout", "ready-timeout", "reload", "poll", "env-file", "swap", "record"}
)

// ofOneApp are the flags of one app, and of its build, that the loop has.
func ofOneApp() []string {
	var o options
	f := pflag.NewFlagSet("", pflag.ContinueOnError)
	o.containerFlags(f)
	o.runFlags(f)
	o.stepFlags(f, ofBuild)
	var names []string
	f.VisitAll(func(flag *pflag.Flag) {
		if !slices.Contains(ofServices, flag.Name) {
			names = append(names, flag.Name)
		}
	})
	return names
}

// composed reports whether the services of a compose project are to be taken, and whether flags asked for that, and not
// only the files in the working folder.
func (o *composing) composed(f *pflag.FlagSet) (composed, asked bool, err error) {
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
	if o.runs {
		single = append(single, given(f, ofOneApp())...)
	} else {
		several = append(several, given(f, []string{"env-file"})...)
	}
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
		if f.Lookup(name) != nil && f.Changed(name) {
			out = append(out, "--"+name)
		}
	}
	return out
}

// isFolder reports whether the arguments are one, and that is a folder.
func isFolder(args []string) bool {
	if len(args) != 1 {
		return false
	}
	info, err := os.Stat(args[0])
	return err == nil && info.IsDir()
}

// divide tells the arguments that name services, which it notes, from one that names a context, which it returns. A folder
// is a context, unless flags ask for a compose project. Check is what contexts have to pass.
func (o *composing) divide(cmd *cobra.Command, args []string, check cobra.PositionalArgs) (context []string, err error) {
	composed, asked, err := o.composed(cmd.Flags())
	if err != nil || len(args) == 0 {
		return nil, err
	}
	if composed && (asked || !isFolder(args)) {
		// What is run needs what it depends on.
		o.compose.Services, o.compose.Alone = args, !o.runs
		return nil, nil
	}
	o.noCompose = true
	return args, check(cmd, args)
}
