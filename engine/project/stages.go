package project

import (
	"fmt"
	"os"
	"strings"

	"github.com/moby/buildkit/util/suggest"

	"github.com/stagewatch/stagewatch/engine/config"
	"github.com/stagewatch/stagewatch/engine/fault"
	"github.com/stagewatch/stagewatch/engine/plan"
)

// checkStages returns an error where --target, --before, --check or --gate names no stage of the Dockerfile source, which a person knows
// as name. What is wrong with the Dockerfile itself is the plan's to say.
func checkStages(c config.Build, name string, source []byte) error {
	if _, foreign := plan.CustomSyntax(source); foreign {
		return nil
	}
	names, err := plan.StageNames(source)
	if err != nil || len(names) == 0 {
		return nil
	}
	type flag struct{ name, stage string }
	flags := []flag{{"--target", c.Target}, {"--before", c.Before}}
	for _, stage := range c.Gates {
		flags = append(flags, flag{"--gate", stage})
	}
	for _, stage := range c.Checks {
		flags = append(flags, flag{"--check", stage})
	}
	for _, flag := range flags {
		if _, replaced := c.BuildContexts[flag.stage]; flag.stage == "" || replaced || plan.HasStage(names, flag.stage) {
			continue
		}
		return &fault.Error{What: fmt.Sprintf("reading %s %q: %s has no such stage", flag.name, flag.stage, name), Hint: hintStages(flag.stage, names)}
	}
	return nil
}

// Declared returns the names of the stages of the Dockerfile, and of the arguments that it declares; none where it
// can't be read.
func Declared(c config.Build) (stages, args []string) {
	_, dockerfile, err := locate(c)
	if err != nil {
		return nil, nil
	}
	source, err := os.ReadFile(inCase(dockerfile))
	if err != nil {
		return nil, nil
	}
	return plan.Declared(source)
}

func hintStages(wanted string, names []string) string {
	hint := "Its stages are " + strings.Join(names, ", ") + "."
	if len(names) == 1 {
		hint = "Its one stage is " + names[0] + "."
	}
	if match, ok := suggest.Search(wanted, names, false); ok {
		hint = fmt.Sprintf("Did you mean %s? %s", match, hint)
	}
	return hint
}
