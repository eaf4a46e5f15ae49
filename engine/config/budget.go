package config

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"

	"github.com/stagewatch/stagewatch/engine/budget"
	"github.com/stagewatch/stagewatch/engine/fault"
)

// DiveFile is the file in which users of dive keep their rules.
const DiveFile = ".dive-ci"

// NoRules is the value of --ci-config that leaves a .dive-ci alone.
const NoRules = "none"

// Limits returns what a build may come to: what the flags say, and the rules of the context's .dive-ci where it has one.
func (c Config) Limits() (budget.Limits, error) {
	l, err := budget.Parse(c.Budget)
	if err != nil || c.Budget.CIConfig == NoRules {
		return l, err
	}
	file := c.Budget.CIConfig
	if file == "" {
		file = filepath.Join(c.Context, DiveFile)
		// What is no folder is no context either, which is said later.
		info, err := os.Stat(file)
		if errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR) || err == nil && !info.Mode().IsRegular() {
			return l, nil
		}
	}
	data, err := os.ReadFile(file)
	if err != nil {
		return l, &fault.Error{What: "reading the rules of dive", Err: err, Hint: "Name a file of rules with --ci-config, or write --ci-config none to do without."}
	}
	l.Dive, err = budget.ParseDive(filepath.Base(file), data)
	return l, err
}
