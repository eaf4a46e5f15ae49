package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"go.yaml.in/yaml/v3"

	"github.com/stagewatch/stagewatch/engine/dock"
	"github.com/stagewatch/stagewatch/engine/fault"
)

// settingsFiles are the names of a project's settings, of which there is one beside the Dockerfile.
var settingsFiles = []string{".stagewatch.yaml", ".stagewatch.yml"}

// settledBy is the annotation of a flag that has its value from the project's settings: the file and its line.
const settledBy = "stagewatch_settings"

// noSetting are flags that a project can't set: they are a person's own, or would send the context to another engine. A builder
// can be named, and not by its address.
var noSetting = []string{"host", "context", "record", "progress", "verbose", "no-mouse", "show-values", "help", "version"}

// settle gives the flags that were not given the values of the project's settings. Flags that this command does not have, or
// that only a running app has a use for, are checked only.
func settle(cmd *cobra.Command, args []string) error {
	f := cmd.Flags()
	commits := f.Lookup("commits")
	if f.Lookup("target") == nil || commits != nil && !commits.Changed {
		// It is about no project, as the report of a recording.
		return nil
	}
	dir := contextDir(cmd, args)
	file, found, err := readSettings(dir)
	if err != nil || len(found) == 0 {
		return err
	}
	var of options
	every, ofApp := pflag.NewFlagSet("", pflag.ContinueOnError), pflag.NewFlagSet("", pflag.ContinueOnError)
	of.projectFlags(every)
	of.containerFlags(ofApp)
	of.runFlags(ofApp)
	runs := f.Lookup("publish") != nil
	for _, s := range found {
		if err := s.check(every); err != nil {
			return err
		}
		flag := counterpart(f, s.name)
		if flag == nil || flag.Changed || !runs && ofApp.Lookup(s.name) != nil {
			continue
		}
		for _, value := range s.values {
			if err := f.Set(flag.Name, rebased(dir, s.name, value)); err != nil {
				return s.wrong(err)
			}
		}
		flag.Annotations = map[string][]string{settledBy: {fmt.Sprintf("%s:%d", file, s.line)}}
	}
	return nil
}

// contextDir returns the folder of the context that a command is for.
func contextDir(cmd *cobra.Command, args []string) string {
	f := cmd.Flags()
	if dir := f.Lookup("context-dir"); dir != nil && f.Lookup("commits") == nil {
		return dir.Value.String()
	}
	if args = args[:contexts(cmd, args)]; isFolder(args) {
		return args[0]
	}
	return "."
}

// setting is one of a project: a flag's name and its values, more than one for a flag that can be repeated.
type setting struct {
	name   string
	values []string
	list   bool
	file   string
	line   int
}

// readSettings returns the settings of the project in a folder, none where it has no file of them.
func readSettings(dir string) (file string, _ []setting, err error) {
	var data []byte
	for _, name := range settingsFiles {
		file = filepath.Join(dir, name)
		if data, err = os.ReadFile(file); !errors.Is(err, fs.ErrNotExist) {
			break
		}
	}
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return "", nil, nil
	case err != nil:
		return "", nil, &fault.Error{What: "reading the project's settings", Err: err, Hint: "Make the file readable, or remove it."}
	}
	const hint = "It is YAML: the name of a flag, a colon, and its value, e.g. target: build."
	var doc yaml.Node
	if err := yaml.Unmarshal(data, &doc); err != nil {
		return "", nil, &fault.Error{What: "reading " + file, Err: err, Hint: hint}
	}
	if len(doc.Content) == 0 {
		return file, nil, nil
	}
	root := doc.Content[0]
	if root.Kind != yaml.MappingNode {
		return "", nil, &fault.Error{What: "reading " + file + ": it is no map", Hint: hint}
	}
	var found []setting
	for i := 0; i+1 < len(root.Content); i += 2 {
		key, value := root.Content[i], root.Content[i+1]
		s := setting{name: key.Value, file: file, line: key.Line}
		if !s.read(value) {
			return "", nil, s.wrong(errors.New("it is no value and no list of values"))
		}
		if slices.ContainsFunc(found, func(t setting) bool { return t.name == s.name }) {
			return "", nil, s.wrong(errors.New("it is there twice"))
		}
		found = append(found, s)
	}
	return file, found, nil
}

// read takes in a value, a list of them, or, as compose has it for arguments and variables, a map of names to values.
func (s *setting) read(n *yaml.Node) bool {
	if n.Kind == yaml.AliasNode {
		n = n.Alias
	}
	switch n.Kind {
	case yaml.ScalarNode:
		s.values = []string{n.Value}
		return n.Tag != "!!null"
	case yaml.SequenceNode:
		s.list = true
		for _, v := range n.Content {
			if v.Kind != yaml.ScalarNode {
				return false
			}
			s.values = append(s.values, v.Value)
		}
		return true
	case yaml.MappingNode:
		s.list = true
		for i := 0; i+1 < len(n.Content); i += 2 {
			name, v := n.Content[i].Value, n.Content[i+1]
			if v.Kind != yaml.ScalarNode {
				return false
			}
			if v.Tag != "!!null" {
				name += "=" + v.Value
			}
			s.values = append(s.values, name)
		}
		return true
	}
	return false
}

// wrong is an error of the setting.
func (s *setting) wrong(err error) error {
	return &fault.Error{What: fmt.Sprintf("reading %s:%d: %s", s.file, s.line, s.name), Err: err, Hint: "stagewatch --help lists the flags and their values."}
}

// check returns an error for a setting that is no flag of any command, and for a list of what can't be repeated.
func (s *setting) check(every *pflag.FlagSet) error {
	flag := every.Lookup(s.name)
	if slices.Contains(noSetting, s.name) {
		return &fault.Error{What: fmt.Sprintf("reading %s:%d: %s can't be set by a project", s.file, s.line, s.name), Hint: "Give it as a flag: --" + s.name + "."}
	}
	if flag == nil {
		var names []string
		every.VisitAll(func(f *pflag.Flag) { names = append(names, f.Name) })
		hint := "Settings have the names of flags, which stagewatch --help lists."
		if match := nearest(s.name, names); match != "" {
			hint = fmt.Sprintf("Did you mean %s? %s", match, hint)
		}
		return &fault.Error{What: fmt.Sprintf("reading %s:%d: there is no setting %q", s.file, s.line, s.name), Hint: hint}
	}
	if s.name == "builder" && slices.ContainsFunc(s.values, dock.IsAddress) {
		return &fault.Error{What: fmt.Sprintf("reading %s:%d: builder: a project can't send the context to an address", s.file, s.line), Hint: "Name a builder, which everybody makes for themselves: docker buildx create --name NAME --driver remote ADDRESS. Or give the address as a flag: --builder."}
	}
	if _, several := flag.Value.(pflag.SliceValue); s.list && !several {
		return s.wrong(errors.New("it takes one value, and not a list"))
	}
	return nil
}

// rebased returns a setting's value with its path as seen from the working folder: in the file it is seen from there.
func rebased(dir, name, value string) string {
	at := func(path string) string {
		if filepath.IsAbs(path) {
			return path
		}
		return filepath.Join(dir, path)
	}
	switch name {
	case "file", "env-file":
		return at(value)
	case "ci-config":
		if value != "none" {
			return at(value)
		}
	case "volume":
		if source, rest, ok := strings.Cut(value, ":"); ok && strings.HasPrefix(source, ".") {
			return dotted(at(source)) + ":" + rest
		}
	case "mount":
		fields := strings.Split(value, ",")
		for i, field := range fields {
			if key, path, ok := strings.Cut(field, "="); ok && (key == "src" || key == "source") && strings.HasPrefix(path, ".") {
				fields[i] = key + "=" + dotted(at(path))
			}
		}
		return strings.Join(fields, ",")
	case "build-context":
		if name, ref, ok := strings.Cut(value, "="); ok && !strings.Contains(ref, ":") {
			return name + "=" + at(ref)
		}
	case "secret":
		fields := strings.Split(value, ",")
		for i, field := range fields {
			if key, path, ok := strings.Cut(field, "="); ok && (key == "src" || key == "source") {
				fields[i] = key + "=" + at(path)
			}
		}
		return strings.Join(fields, ",")
	}
	return value
}

// dotted returns the path of a folder as docker tells it from the name of a volume.
func dotted(path string) string {
	if filepath.IsAbs(path) {
		return path
	}
	return "./" + path
}
