package main

import (
	"fmt"
	"os"

	"github.com/spf13/pflag"

	"github.com/stagewatch/stagewatch/engine/budget"
	"github.com/stagewatch/stagewatch/engine/event"
	"github.com/stagewatch/stagewatch/ui/clean"
)

// overLimit is the exit code of what succeeded and is not within the limits that flags or a file set.
const overLimit = exitCode(3)

func (o *options) budgetFlags(f *pflag.FlagSet) {
	b := &o.cfg.Budget
	f.StringVar(&b.MaxSize, "max-size", "", "Limit of the image's size, uncompressed, e.g. 70MB")
	f.StringVar(&b.MaxWasted, "max-wasted", "", "Limit of the bytes in the image's layers that a later step deletes, overwrites or writes again, e.g. 1MB")
	f.StringVar(&b.MaxGrowth, "max-growth", "", "Limit of the growth against the image's size when stagewatch last measured it on this machine, e.g. 2%; without one it holds")
	f.StringVar(&b.MaxLayers, "max-layers", "", "Limit of the number of layers, those of the base image too")
	f.StringVar(&b.CIConfig, "ci-config", "", "File of rules as dive has them (default CONTEXT/.dive-ci if it is there; none does without)")
}

// rerunRules reads the values of --fail-on.
func rerunRules(values []string) (rules []budget.Rerun, err error) {
	for _, value := range values {
		r, err := budget.ParseRerun(value)
		if err != nil {
			return nil, err
		}
		rules = append(rules, r)
	}
	return rules, nil
}

// failOn reports the steps that break rules on stderr. The error is then [overLimit].
func failOn(rules []budget.Rerun, events []event.Event) error {
	broken, err := budget.Reruns(rules, events)
	for _, b := range broken {
		fmt.Fprintln(os.Stderr, "stagewatch:", clean.Line(b))
	}
	if len(broken) > 0 {
		return overLimit
	}
	return err
}
