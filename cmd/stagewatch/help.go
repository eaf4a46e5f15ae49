package main

import (
	"maps"
	"slices"
	"strings"
	"unicode"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// groupOf is the annotation that has the heading below which a flag is listed.
const groupOf = "stagewatch_group"

// grouped adds flags that are listed below a heading of their own.
func grouped(f *pflag.FlagSet, heading string, add func(*pflag.FlagSet)) {
	had := map[string]bool{}
	f.VisitAll(func(flag *pflag.Flag) { had[flag.Name] = true })
	add(f)
	f.VisitAll(func(flag *pflag.Flag) {
		if !had[flag.Name] {
			_ = f.SetAnnotation(flag.Name, groupOf, []string{heading}) // which is there
		}
	})
}

// listed returns a command's help with its flags below their headings, those without one last.
func listed(help string, cmd *cobra.Command) string {
	f := cmd.LocalFlags()
	sets := map[string]*pflag.FlagSet{}
	f.VisitAll(func(flag *pflag.Flag) {
		heading := strings.Join(flag.Annotations[groupOf], "")
		if sets[heading] == nil {
			sets[heading] = pflag.NewFlagSet("", pflag.ContinueOnError)
		}
		sets[heading].AddFlag(flag)
	})
	if len(sets) < 2 {
		return help
	}
	var lists []string
	for _, heading := range slices.Sorted(maps.Keys(sets)) {
		if heading != "" {
			lists = append(lists, heading+":\n"+usages(sets[heading]))
		}
	}
	lists = append(lists, "Other flags:\n"+usages(sets[""]))
	return strings.Replace(help, "Flags:\n"+usages(f), strings.Join(lists, "\n\n"), 1)
}

// usages lists flags as cobra does.
func usages(f *pflag.FlagSet) string { return strings.TrimRightFunc(f.FlagUsages(), unicode.IsSpace) }
