package plan

import (
	"fmt"
	"strings"

	"github.com/containerd/platforms"
	"github.com/moby/buildkit/client/llb"
	"github.com/moby/buildkit/frontend/dockerfile/instructions"
	"github.com/moby/buildkit/frontend/dockerfile/parser"
	"github.com/moby/buildkit/frontend/dockerfile/shell"
	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"
)

const (
	scratch = "scratch"
	onBuild = "ONBUILD "
)

// written is an instruction as it is in the Dockerfile.
type written struct {
	line, end int
	text      string
	// folder is set for a WORKDIR.
	folder bool
}

// writtenStep returns an instruction as written, and reports whether it may make a step.
func writtenStep(cmd instructions.Command) (w written, ok bool) {
	w.line, w.end = linesOf(cmd.Location())
	w.text = fmt.Sprint(cmd)
	switch c := cmd.(type) {
	case *instructions.RunCommand:
		if len(c.Files) > 0 && len(c.CmdLine) == 1 {
			if doc, err := parser.ParseHeredoc(c.CmdLine[0]); err == nil && doc != nil {
				w.text += " (" + summary(c.Files[0].Data) + ")"
			}
		}
	case *instructions.WorkdirCommand:
		w.folder = true
	case *instructions.CopyCommand, *instructions.AddCommand:
	default:
		return w, false
	}
	word, rest := cutKeyword(w.text)
	w.text = strings.ToUpper(word) + " " + rest
	return w, true
}

// cutKeyword splits an instruction into its keyword and the rest.
func cutKeyword(instruction string) (word, rest string) {
	end := strings.IndexAny(instruction, " \t\n")
	if end < 0 {
		return instruction, ""
	}
	return instruction[:end], strings.TrimLeft(instruction[end:], " \t")
}

// summary returns the first line of a heredoc, with "..." where more follow, as BuildKit names it.
func summary(doc string) string {
	first, _, more := strings.Cut(strings.TrimSpace(doc), "\n")
	first = strings.TrimSuffix(first, "\r")
	if more {
		first += "..."
	}
	return first
}

// globalArgs returns the arguments that FROM may use, with the values that BuildKit gives them.
func globalArgs(file *parsed, in Input, target ocispecs.Platform) *llb.EnvList {
	stage := in.Attrs["target"]
	if stage == "" {
		stage = file.stages[len(file.stages)-1].Name
	}
	if stage == "" {
		stage = "default"
	}
	env := &llb.EnvList{}
	own := in.Platform
	for _, kv := range [][2]string{
		{"BUILDPLATFORM", platforms.Format(own)}, {"BUILDOS", own.OS}, {"BUILDOSVERSION", own.OSVersion}, {"BUILDARCH", own.Architecture}, {"BUILDVARIANT", own.Variant},
		{"TARGETPLATFORM", platforms.FormatAll(target)}, {"TARGETOS", target.OS}, {"TARGETOSVERSION", target.OSVersion}, {"TARGETARCH", target.Architecture}, {"TARGETVARIANT", target.Variant},
		{"TARGETSTAGE", stage},
	} {
		value := kv[1]
		if given, ok := in.Attrs[buildArg+kv[0]]; ok {
			value = given
		}
		env = env.AddOrReplace(kv[0], value)
	}
	lex := shell.NewLex(file.escape)
	for _, cmd := range file.args {
		for _, a := range cmd.Args {
			if given, ok := in.Attrs[buildArg+a.Key]; ok {
				env = env.AddOrReplace(a.Key, given)
			} else if a.Value != nil {
				value, _, err := lex.ProcessWord(*a.Value, env)
				if err != nil {
					value = *a.Value
				}
				env = env.AddOrReplace(a.Key, value)
			}
		}
	}
	return env
}
