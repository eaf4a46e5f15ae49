// Package compose reads a project of docker compose: which services it has, which of them are built, and with which
// settings. compose-go reads the files, the same library that docker compose is made of, so that what is found, merged,
// filled in and refused is what docker compose finds, merges, fills in and refuses.
//
// It runs nothing, asks no engine and watches no file. What docker compose knows and a build here does not do yet is in
// lacks.go, and comes with each service that asks for it.
package compose

import (
	"cmp"
	"context"
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"github.com/compose-spec/compose-go/v2/types"

	"github.com/stagewatch/stagewatch/engine/config"
)

// Options say which project is read, and what of it: the flags of docker compose that have the same names. What they do
// not say is said by the environment and by .env, as there: COMPOSE_FILE, COMPOSE_PROJECT_NAME, COMPOSE_PROFILES,
// COMPOSE_ENV_FILES.
type Options struct {
	// Files are the compose files, the later ones over the earlier; none for those that are found in the working folder
	// or further up.
	Files []string
	// Name is the project's name, empty for the one that the files or the folder give it.
	Name string
	// Profiles are the profiles whose services count. EnvFiles take the place of .env.
	Profiles, EnvFiles []string
	// Services are those that are asked for; none for all. Alone leaves out what they depend on.
	Services []string
	Alone    bool
}

// Project is a compose project as it was read.
type Project struct {
	Name string
	// Dir is the project directory, Files are the compose files that were taken; both are absolute. Files that those
	// include or extend are not among them.
	Dir   string
	Files []string
	// Sources are the paths of all files that say what the project is: those, what they include or extend, and env files.
	// Not all of them need be there.
	Sources []string
	// Services are those that were asked for and those whose images they build on, by name, the latter first.
	Services []Service
	// Warnings are what docker compose warns of while it reads.
	Warnings []string

	model *types.Project
}

// Service is one service of a project.
type Service struct {
	Name string
	// Image is the name of the image that it runs: the one that it names, or that its build gets.
	Image string
	// Built reports whether the image is built here, by Build.
	Built bool
	// Build is what to build, in the words of the flags that do the same. Flags of the command line are not in it.
	Build config.Build
	// On are the services whose images the build reads, by the names of the build contexts that have them.
	On map[string]string
	// Run is how it is run.
	Run Run
	// Lacks are what the service asks for and does not get yet.
	Lacks []Lack
}

// Read reads the project that the options name. What is wrong with it is a [*fault.Error].
func Read(ctx context.Context, o Options) (*Project, error) {
	model, warnings, sources, err := o.load(ctx)
	if err != nil {
		return nil, o.explained(err)
	}
	p := &Project{Name: model.Name, Dir: model.WorkingDir, Files: model.ComposeFiles, Sources: sources, Warnings: warnings, model: model}
	p.Warnings = append(p.Warnings, passedOver(model)...)
	p.add(slices.Sorted(maps.Keys(model.Services)))
	if p.Services, err = ordered(p.Services); err == nil {
		err = p.check()
	}
	if err != nil {
		return nil, err
	}
	return p, nil
}

// add adds services by name, and those whose images their builds read: docker compose builds them, too, even where it
// does not start them.
func (p *Project) add(names []string) {
	all := p.model.AllServices()
	for _, name := range names {
		s, ok := all[name]
		if !ok || slices.ContainsFunc(p.Services, func(have Service) bool { return have.Name == name }) {
			continue
		}
		added := p.service(s)
		p.Services = append(p.Services, added)
		p.add(slices.Sorted(maps.Values(added.On)))
	}
	slices.SortFunc(p.Services, func(a, b Service) int { return cmp.Compare(a.Name, b.Name) })
}

// service returns what the model says of a service.
func (p *Project) service(s types.ServiceConfig) Service {
	out := Service{Name: s.Name, Image: p.image(s), On: map[string]string{}, Run: p.run(s)}
	if s.Build != nil && s.Provider == nil {
		out.Built = true
		out.build(p, s)
	}
	return out
}

// image returns the name of the image that a service runs.
func (p *Project) image(s types.ServiceConfig) string {
	return cmp.Or(s.Image, p.named(s.Name))
}

// named returns the name that docker compose makes of the project's and others.
func (p *Project) named(names ...string) string {
	separator := "-"
	if compatible(p.model.Environment["COMPOSE_COMPATIBILITY"]) {
		separator = "_"
	}
	return strings.Join(append([]string{p.Name}, names...), separator)
}

// compatible reports whether names are to be those of the first docker compose.
func compatible(value string) bool {
	switch strings.ToLower(value) {
	case "1", "t", "true", "y", "yes", "on":
		return true
	}
	return false
}

// ordered returns the services so that each comes after those that it builds on.
func ordered(services []Service) ([]Service, error) {
	at := map[string]int{}
	for i, s := range services {
		at[s.Name] = i
	}
	var out []Service
	done := map[string]bool{}
	var add func(path []string, s Service) error
	add = func(path []string, s Service) error {
		if i := slices.Index(path, s.Name); i >= 0 {
			return buildCycle(append(path[i:], s.Name))
		}
		if done[s.Name] {
			return nil
		}
		for _, other := range slices.Sorted(maps.Values(s.On)) {
			if i, ok := at[other]; ok {
				if err := add(append(path, s.Name), services[i]); err != nil {
					return err
				}
			}
		}
		done[s.Name] = true
		out = append(out, s)
		return nil
	}
	for _, s := range services {
		if err := add(nil, s); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// FileName returns how a person knows the project's first file: by its name, or by its path from the working folder where
// it lies elsewhere.
func (p *Project) FileName() string { return short(p.Files[0]) }

// short returns a path relative to the working folder where it lies below it.
func short(path string) string {
	dir, err := filepath.Abs(".")
	if err != nil {
		return path
	}
	if rel, err := filepath.Rel(dir, path); err == nil && filepath.IsLocal(rel) {
		return rel
	}
	return path
}
