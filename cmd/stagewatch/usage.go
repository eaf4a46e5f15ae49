package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/agext/levenshtein"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/stagewatch/stagewatch/engine/fault"
	"github.com/stagewatch/stagewatch/ui/draw"
)

// widestHelp is the greatest width of help, because longer lines are hard to read.
const widestHelp = 110

// helpFunc returns help that fits the terminal.
func helpFunc(help func(*cobra.Command, []string)) func(*cobra.Command, []string) {
	return func(cmd *cobra.Command, args []string) {
		width := min(terminalWidth(), widestHelp)
		var text bytes.Buffer
		cmd.SetOut(&text)
		cmd.Long = prose(cmd.Long, width)
		help(cmd, args)
		cmd.SetOut(nil)
		_, _ = io.WriteString(draw.Hanging(os.Stdout, width), listed(text.String(), cmd))
	}
}

// prose breaks paragraphs anew for a width.
func prose(text string, width int) string {
	var out []string
	for _, p := range strings.Split(text, "\n\n") {
		var lines []string
		for _, l := range (draw.Line{{Text: strings.ReplaceAll(p, "\n", " ")}}).Flow(width, 0) {
			lines = append(lines, l.Text())
		}
		out = append(out, strings.Join(lines, "\n"))
	}
	return strings.Join(out, "\n\n")
}

// badFlag adds a hint to an error of the flag library, with the flag that a misspelt one may mean.
func badFlag(cmd *cobra.Command, err error) error {
	hint := fmt.Sprintf("%s --help lists the flags.", cmd.CommandPath())
	if wanted, unknown := strings.CutPrefix(err.Error(), "unknown flag: --"); unknown {
		var names []string
		cmd.Flags().VisitAll(func(f *pflag.Flag) { names = append(names, f.Name) })
		if match := nearest(wanted, names); match != "" {
			hint = fmt.Sprintf("Did you mean --%s? %s", match, hint)
		}
	}
	var invalid *pflag.InvalidValueError
	if errors.As(err, &invalid) {
		hint = fmt.Sprintf("--%s: %s. %s", invalid.GetFlag().Name, invalid.GetFlag().Usage, hint)
	}
	return &fault.Error{What: err.Error(), Hint: hint}
}

// arguments adds a hint to the error of check; what names the argument that the command takes.
func arguments(check cobra.PositionalArgs, what string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if err := check(cmd, args); err != nil {
			wrong := err.Error()
			if len(args) > 0 {
				wrong += ": " + strings.Join(args, " ")
			}
			return &fault.Error{What: wrong, Hint: fmt.Sprintf("Give one %s. %s --help shows how.", what, cmd.CommandPath())}
		}
		return nil
	}
}

// oneContext accepts at most one context, and no misspelt command.
func oneContext(root *cobra.Command, args []string) error {
	if err := misspelt(root, args); err != nil {
		return err
	}
	return arguments(cobra.MaximumNArgs(1), "context")(root, args)
}

// misspelt returns an error if the first argument does not exist and is nearly the name of a command.
func misspelt(root *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	if _, err := os.Stat(args[0]); err == nil {
		return nil
	}
	var names []string
	for _, c := range root.Commands() {
		if !c.Hidden {
			names = append(names, c.Name())
		}
	}
	match := nearest(args[0], names)
	if match == "" {
		return nil
	}
	return &fault.Error{What: fmt.Sprintf("opening the context %q: no such file or directory", args[0]), Hint: fmt.Sprintf("Did you mean stagewatch %s?", match)}
}

// farthest is the number of letters by which a word may differ from what it was meant to be.
const farthest = 2

// nearest returns the one of the words that a misspelt one may mean, empty for none.
func nearest(misspelt string, words []string) string {
	match, distance := "", farthest+1
	for _, w := range words {
		if d := levenshtein.Distance(misspelt, w, nil); d < distance {
			match, distance = w, d
		}
	}
	if distance == 0 {
		return ""
	}
	return match
}
