package plan

import (
	"bytes"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/moby/buildkit/frontend/dockerfile/instructions"
)

// StageNames returns the names of a Dockerfile's stages in its order, "stage-N" for a stage without one.
func StageNames(dockerfile []byte) ([]string, error) {
	file, err := parse(dockerfile)
	if err != nil {
		return nil, err
	}
	return uniqueNames(file.stages), nil
}

// Declared returns the names of a Dockerfile's stages, as [StageNames] does, and of the arguments that it declares, without
// duplicates. For a Dockerfile that can't be parsed it returns nothing.
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

// HasStage reports whether ref is one of the names, in any case, or a stage's number.
func HasStage(names []string, ref string) bool {
	_, ok := findStage(names, ref)
	return ok
}

// StageNamed returns the name of the stage that a --from means, by name or by number. It returns "" for an image.
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

// findStage returns the index of the stage with a name, in any case, or a number.
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

// aimed returns the input with which the converter builds the target. The converter finds a stage by its name in the
// Dockerfile, or else builds the last one. Where the target has no name, aimed cuts the file off behind it.
func (in Input) aimed() Input {
	ref := in.Attrs["target"]
	if _, replaced := in.Attrs["context:"+ref]; ref == "" || replaced {
		return in
	}
	file, err := parse(in.Dockerfile)
	if err != nil {
		// The converter will return the error.
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
