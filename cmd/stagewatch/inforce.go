package main

import (
	"cmp"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"go.yaml.in/yaml/v3"

	"github.com/stagewatch/stagewatch/ui/clean"
)

func configCommand() *cobra.Command {
	o := &options{}
	all := false
	cmd := &cobra.Command{
		Use:   "config [flags] [CONTEXT]",
		Short: "Show the settings that are in force, and where each is from",
		Long: `Show the settings that are in force for a project, and where each is from: a flag, or a line of the .stagewatch.yaml in its
folder. What is printed is such a file. Values of build arguments and of environment variables are left out of it, unless
--show-values is given.`,
		Args: arguments(cobra.MaximumNArgs(1), "context"),
		RunE: func(cmd *cobra.Command, args []string) error {
			o.progress = faceAuto
			if _, err := o.config(args); err != nil {
				return err
			}
			return unwritten(printSettings(os.Stdout, cmd.Flags(), all, o.cfg.ShowValues))
		},
	}
	o.projectFlags(cmd.Flags())
	cmd.Flags().BoolVar(&all, "all", false, "Also show the settings that have their default")
	cmd.ValidArgsFunction = one(folders)
	o.complete(cmd)
	return cmd
}

// printSettings prints the settings among the flags as a file of settings, each with its source.
func printSettings(w io.Writer, f *pflag.FlagSet, all, values bool) error {
	var of options
	every := pflag.NewFlagSet("", pflag.ContinueOnError)
	of.projectFlags(every)
	var lines [][2]string
	widest := 0
	var err error
	every.VisitAll(func(known *pflag.Flag) {
		flag := f.Lookup(known.Name)
		if slices.Contains(noSetting, flag.Name) || !flag.Changed && !all {
			return
		}
		value, broken := settingValue(flag, values)
		err = cmp.Or(err, broken)
		source := "default"
		switch by := flag.Annotations[settledBy]; {
		case len(by) > 0:
			source = by[0]
		case flag.Changed:
			source = "flag"
		}
		line := flag.Name + ": " + value
		widest = max(widest, len(line))
		lines = append(lines, [2]string{line, source})
	})
	for _, l := range lines {
		if err == nil {
			_, err = fmt.Fprintf(w, "%s  # %s\n", clean.Line(fmt.Sprintf("%-*s", widest, l[0])), clean.Line(l[1]))
		}
	}
	return err
}

// settingValue returns a flag's value as YAML on one line.
func settingValue(flag *pflag.Flag, values bool) (string, error) {
	n := yaml.Node{}
	var v any = flag.Value.String()
	switch several, ok := flag.Value.(pflag.SliceValue); {
	case ok:
		list := slices.Clone(several.GetSlice())
		for i := range list {
			if name, _, assigned := strings.Cut(list[i], "="); assigned && !values && (flag.Name == "build-arg" || flag.Name == "env") {
				list[i] = name + "=$" + name
			}
		}
		v = list
	case flag.Value.Type() == "bool":
		v = flag.Value.String() == "true"
	}
	if err := n.Encode(v); err != nil {
		return "", err
	}
	n.Style |= yaml.FlowStyle
	text, err := yaml.Marshal(&n)
	return strings.TrimSpace(string(text)), err
}
