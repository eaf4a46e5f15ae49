package plan

import (
	"fmt"

	"github.com/containerd/platforms"
	"github.com/moby/buildkit/frontend/dockerfile/instructions"
	"github.com/moby/buildkit/frontend/dockerfile/shell"
)

// layout is the Dockerfile as it is written: stages, and which of their instructions make steps.
type layout struct {
	stages []Stage
	// steps lists, for each stage, the lines of the instructions that make steps, FROM first where it does.
	steps [][]written
}

// written is an instruction as it stands in the Dockerfile.
type written struct {
	line, end int
	text      string
}

// globalArgs are the arguments that FROM may use, as BuildKit fills them in.
func globalArgs(args []instructions.ArgCommand, escape rune, in Input) shell.EnvGetter {
	env := []string{}
	p := platforms.Format(in.Platform)
	for _, kv := range [][2]string{
		{"BUILDPLATFORM", p}, {"BUILDOS", in.Platform.OS}, {"BUILDARCH", in.Platform.Architecture}, {"BUILDVARIANT", in.Platform.Variant},
		{"TARGETPLATFORM", p}, {"TARGETOS", in.Platform.OS}, {"TARGETARCH", in.Platform.Architecture}, {"TARGETVARIANT", in.Platform.Variant},
	} {
		env = append(env, kv[0]+"="+kv[1])
	}
	lex := shell.NewLex(escape)
	for _, cmd := range args {
		for _, a := range cmd.Args {
			if v, ok := in.Attrs["build-arg:"+a.Key]; ok {
				env = append(env, a.Key+"="+v)
			} else if a.Value != nil {
				v, _, err := lex.ProcessWord(*a.Value, shell.EnvsFromSlice(env))
				if err != nil {
					v = *a.Value
				}
				env = append(env, a.Key+"="+v)
			}
		}
	}
	return shell.EnvsFromSlice(env)
}

func newLayout(stages []instructions.Stage, args shell.EnvGetter, escape rune) *layout {
	l := &layout{}
	lex := shell.NewLex(escape)
	for i, st := range stages {
		s := Stage{Name: stageName(st, i), Base: st.BaseName, copies: map[string]int{}}
		if len(st.Location) > 0 {
			s.Line = st.Location[0].Start.Line
		}
		if base, _, err := lex.ProcessWord(st.BaseName, args); err == nil {
			s.Base = base
		}
		var steps []written
		if base, ok := l.find(s.Base, i); ok {
			s.Base = l.stages[base].Name
			s.addFrom(s.Base)
		} else if s.Base != "scratch" {
			steps = append(steps, written{line: s.Line, end: s.Line, text: "FROM " + s.Base})
		}
		for _, cmd := range st.Commands {
			switch c := cmd.(type) {
			case *instructions.CopyCommand:
				if from, ok := l.find(c.From, i); ok && c.From != "" {
					s.addFrom(l.stages[from].Name)
					s.copies[l.stages[from].Name]++
				}
			case *instructions.RunCommand:
				for _, m := range instructions.GetMounts(c) {
					if from, ok := l.find(m.From, i); ok && m.From != "" {
						s.addFrom(l.stages[from].Name)
					}
				}
			case *instructions.AddCommand, *instructions.WorkdirCommand:
			default:
				continue
			}
			w := written{text: fmt.Sprint(cmd)}
			if loc := cmd.Location(); len(loc) > 0 {
				w.line, w.end = loc[0].Start.Line, loc[len(loc)-1].End.Line
			}
			steps = append(steps, w)
		}
		l.stages = append(l.stages, s)
		l.steps = append(l.steps, steps)
	}
	return l
}

func (s *Stage) addFrom(name string) {
	for _, f := range s.From {
		if f == name {
			return
		}
	}
	s.From = append(s.From, name)
}

// find resolves a stage by name, the last of that name, or by index, among those before stage i.
func (l *layout) find(ref string, i int) (int, bool) {
	names := make([]string, i)
	for j := range names {
		names[j] = l.stages[j].Name
	}
	return findStage(names, ref)
}

// target returns the name of the stage that ref, a name, an index or empty for the last, means.
func (l *layout) target(ref string) string {
	if j, ok := l.find(ref, len(l.stages)); ok && ref != "" {
		return l.stages[j].Name
	}
	return l.stages[len(l.stages)-1].Name
}

// markNeeded marks the stages that the target depends on. FROM means only stages before it, so one pass
// from the end reaches them all.
func (l *layout) markNeeded(target string) {
	for i := len(l.stages) - 1; i >= 0; i-- {
		s := &l.stages[i]
		if s.Name == target {
			s.Needed = true
			target = ""
		}
		if !s.Needed {
			continue
		}
		for _, from := range s.From {
			if j, ok := l.find(from, i); ok {
				l.stages[j].Needed = true
			}
		}
	}
}
