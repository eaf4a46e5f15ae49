package main

import (
	"os"

	"github.com/spf13/cobra"
	"github.com/spf13/cobra/doc"

	"github.com/stagewatch/stagewatch/engine/fault"
)

// manCommand writes the manual for packages and release archives. It is hidden, because a person has --help.
func manCommand() *cobra.Command {
	return &cobra.Command{
		Use:    "man FOLDER",
		Short:  "Write the manual pages into a folder",
		Args:   arguments(cobra.ExactArgs(1), "folder"),
		Hidden: true,
		RunE: func(cmd *cobra.Command, args []string) error {
			cmd.Root().DisableAutoGenTag = true
			err := os.MkdirAll(args[0], 0o755)
			if err == nil {
				err = doc.GenManTree(cmd.Root(), &doc.GenManHeader{Section: "1", Source: "stagewatch " + version, Manual: "stagewatch"}, args[0])
			}
			if err != nil {
				return &fault.Error{What: "writing the manual", Err: err, Hint: "Name a folder that can be written."}
			}
			return nil
		},
	}
}
