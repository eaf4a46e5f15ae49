package main

import (
	"github.com/spf13/cobra"

	"github.com/stagewatch/stagewatch/engine/config"
	"github.com/stagewatch/stagewatch/engine/dock"
	"github.com/stagewatch/stagewatch/engine/project"
)

// completion returns what a flag's value or an argument can be. It reads local files only and asks no engine, so that
// the shell does not hang on a tab.
type completion = func(cmd *cobra.Command, args []string, typed string) ([]cobra.Completion, cobra.ShellCompDirective)

// complete registers the completions of those flags that the command has.
func (o *options) complete(cmd *cobra.Command) {
	stages := o.declared(func(stages, _ []string) []string { return stages }, cobra.ShellCompDirectiveNoFileComp)
	args := o.declared(func(_, args []string) []string {
		for i := range args {
			args[i] += "="
		}
		return args
	}, cobra.ShellCompDirectiveNoFileComp|cobra.ShellCompDirectiveNoSpace)
	contexts := func(*cobra.Command, []string, string) ([]cobra.Completion, cobra.ShellCompDirective) {
		return dock.Contexts(), cobra.ShellCompDirectiveNoFileComp
	}
	builders := func(*cobra.Command, []string, string) ([]cobra.Completion, cobra.ShellCompDirective) {
		return dock.Builders(), cobra.ShellCompDirectiveNoFileComp
	}
	networks := words("default", "none", "host")
	network := networks
	if cmd.Flags().Lookup(ofBuild+"network") != nil {
		network = words() // one of the engine's
	}
	for name, values := range map[string]completion{
		"progress":  words(faceAuto, faceTTY, facePlain, faceJSON),
		"swap":      words(config.BlueGreen, config.Restart),
		"platform":  words("linux/amd64", "linux/arm64", "linux/arm/v7", "linux/386", "linux/ppc64le", "linux/riscv64", "linux/s390x"),
		"format":    words("markdown", "pr", "html", "svg", "png"),
		"target":    stages,
		"before":    stages,
		"check":     stages,
		"gate":      stages,
		"build-arg": args,
		"context":   contexts,
		"builder":   builders,
		"record":    files("jsonl"),
		"base":      files("jsonl"),
		"output":    files("md", "html", "svg", "png"),
		// Nothing to offer, not even the files of the working folder.
		"tag": words(), "publish": words(), "name": words(), "network": network, "host": words(), "env": words(), "ready-path": words(),
		"ready-timeout": words(), "drain-timeout": words(), "ignore": words("none"), "size": words(), "at": words("end"), "speed": words(), "project-name": words(), "profile": words(),
		"max-size": words(), "max-wasted": words(), "max-growth": words(), "max-layers": words(), "against": words(), "commits": words("10", "20", "50"), "bandwidth": words("10Mbit", "50Mbit", "100Mbit", "1Gbit"), "fail-on": words("rerun:", "maybe:"),
		"context-dir": folders, "no-cache-filter": stages,
		"add-host": words(), "label": words(), "shm-size": words(), "ulimit": words(), ofBuild + "add-host": words(), ofBuild + "label": words(),
		ofBuild + "shm-size": words(), ofBuild + "ulimit": words(), ofBuild + "network": networks,
		"cap-add": words(), "cap-drop": words(), "cpus": words(), "dns": words(), "entrypoint": words(), "gpus": words("all"), "memory": words(), "mount": words("type=bind,", "type=volume,", "type=tmpfs,"),
		"log-driver": words("json-file", "local", "journald", "none"), "log-opt": words(), "tmpfs": words(), "user": words(), "workdir": words(),
	} {
		if cmd.Flags().Lookup(name) != nil {
			// It fails where the flag is missing or was given values before.
			_ = cmd.RegisterFlagCompletionFunc(name, values)
		}
	}
}

// declared completes what the Dockerfile declares. The flags and arguments so far say which Dockerfile.
func (o *options) declared(which func(stages, args []string) []string, how cobra.ShellCompDirective) completion {
	return func(cmd *cobra.Command, args []string, _ string) ([]cobra.Completion, cobra.ShellCompDirective) {
		c := o.cfg
		if files, err := cmd.Flags().GetStringArray("file"); err == nil && len(files) > 0 {
			c.File = files[0]
		}
		c.Context = "."
		if o.context != "" {
			c.Context = o.context
		} else if len(args) > 0 {
			c.Context = args[0]
		}
		return which(project.Declared(c.Build)), how
	}
}

func words(values ...string) completion {
	return cobra.FixedCompletions(values, cobra.ShellCompDirectiveNoFileComp)
}

// files completes the names of files with one of the extensions.
func files(extensions ...string) completion {
	return cobra.FixedCompletions(extensions, cobra.ShellCompDirectiveFilterFileExt)
}

// folders completes folders only.
func folders(*cobra.Command, []string, string) ([]cobra.Completion, cobra.ShellCompDirective) {
	return nil, cobra.ShellCompDirectiveFilterDirs
}

// one completes the first argument only.
func one(first completion) completion {
	return func(cmd *cobra.Command, args []string, typed string) ([]cobra.Completion, cobra.ShellCompDirective) {
		if len(args) > 0 {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		return first(cmd, args, typed)
	}
}
