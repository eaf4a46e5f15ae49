package plan

import (
	"bytes"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/moby/buildkit/frontend/dockerfile/instructions"
)

// StageNames are the names of a Dockerfile's stages in its order, "stage-N" for one without.
func StageNames(dockerfile []byte) ([]string, error) {
	file, err := parse(dockerfile)
	if err != nil {
		return nil, err
	}
	return uniqueNames(file.stages), nil
}

// Declared returns the names of a Dockerfile's stages as [StageNames] does, and those of the arguments that it declares,
// each once. A Dockerfile that can't be parsed declares nothing.
func Declared(dockerfile []byte) (stages, args []string) {
	file, err := parse(dockerfile)
	if err != nil {
		return nil, nil
	}
	declare := func(arg *instructions.ArgCommand) {
		for _, a := range arg.Args {
			if !slices.Contains(args, a.Key) {
				args = append(args, a.Key)
			}
		}
	}
	for i := range file.args {
		declare(&file.args[i])
	}
	for _, stage := range file.stages {
		for _, command := range stage.Commands {
			if arg, is := command.(*instructions.ArgCommand); is {
				declare(arg)
			}
		}
	}
	return uniqueNames(file.stages), args
}

// HasStage tells whether ref is a stage's name, in any case, or its number.
func HasStage(names []string, ref string) bool {
	_, ok := findStage(names, ref)
	return ok
}

// StageNamed returns the name of the stage that a --from means, by its name or its number; empty for an image.
func (p *Plan) StageNamed(ref string) string {
	var names []string
	for _, s := range p.Stages {
		names = append(names, s.Name)
	}
	if i, ok := findStage(names, ref); ok {
		return names[i]
	}
	return ""
}

// findStage resolves a stage by the name that it is shown by, or by number.
func findStage(names []string, ref string) (int, bool) {
	for i := len(names) - 1; i >= 0; i-- {
		if strings.EqualFold(names[i], ref) {
			return i, true
		}
	}
	if n, err := strconv.Atoi(ref); err == nil && n >= 0 && n < len(names) {
		return n, true
	}
	return 0, false
}

// aimed returns in as the converter builds the wanted stage from it. The converter knows stages by the names that the
// Dockerfile gives them, and the last one of all: for one that has no name the file ends behind it.
func (in Input) aimed() Input {
	ref := in.Attrs["target"]
	if _, replaced := in.Attrs["context:"+ref]; ref == "" || replaced {
		return in
	}
	file, err := parse(in.Dockerfile)
	if err != nil {
		// The converter says what is wrong.
		return in
	}
	stages := file.stages
	i, ok := findStage(uniqueNames(stages), ref)
	if !ok {
		return in
	}
	in.Attrs = maps.Clone(in.Attrs)
	if name := stages[i].Name; name != "" {
		in.Attrs["target"] = name
		return in
	}
	delete(in.Attrs, "target")
	if i+1 < len(stages) && len(stages[i+1].Location) > 0 {
		lines := bytes.SplitAfter(in.Dockerfile, []byte("\n"))
		in.Dockerfile = bytes.Join(lines[:stages[i+1].Location[0].Start.Line-1], nil)
	}
	return in
}
