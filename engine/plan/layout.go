package plan

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/containerd/platforms"
	"github.com/moby/buildkit/frontend/dockerfile/instructions"
	"github.com/moby/buildkit/frontend/dockerfile/parser"
	"github.com/moby/buildkit/frontend/dockerfile/shell"
)

// layout is the Dockerfile as it is written: stages, and which of their instructions may make steps.
type layout struct {
	file   *parsed
	stages []Stage
	// of is what is known of each stage, in the same order.
	of []stageLayout
}

// stageLayout is what of a stage matters to no one but the layout.
type stageLayout struct {
	// base is the stage that this one is based on, -1 for an image or for nothing.
	base int
	// uses are the stages that it is based on, copies from or mounts.
	uses []int
	// from is its FROM, triggers what its base brings along, steps the other instructions that may make steps.
	from            written
	triggers, steps []written
	// standIn is what the options put in the place of the base, or of the whole stage; nil for nothing.
	standIn *standIn
}

// newLayout reads the stages as BuildKit's converter does, which keeps what it finds to itself.
func newLayout(file *parsed, c *contexts) *layout {
	l := &layout{file: file}
	args, lex := globalArgs(file, c.in, c.platform), shell.NewLex(file.escape)
	names := uniqueNames(file.stages)
	for i, st := range file.stages {
		s, of := Stage{Name: names[i], Base: st.BaseName, copies: map[string]int{}}, stageLayout{base: -1}
		of.from = written{text: st.BaseName}
		of.from.line, of.from.end = linesOf(st.Location)
		s.Line = of.from.line
		if base, _, err := lex.ProcessWord(st.BaseName, args); err == nil {
			s.Base = base
		}
		platform, asked := c.platform, c.asked
		if p, _, err := lex.ProcessWord(st.Platform, args); err == nil && p != "" {
			if chosen, err := platforms.Parse(p); err == nil {
				platform, asked = chosen, &chosen
			}
		}
		if of.standIn = c.find(st.Name, asked); of.standIn != nil {
			s.Replaced = true
		} else if of.base = stageBefore(file.stages[:i], s.Base); of.base >= 0 {
			s.Base = names[of.base]
			of.uses = append(of.uses, of.base)
		} else if s.Base != scratch {
			of.standIn = c.find(s.Base, &platform)
		}
		l.stages, l.of = append(l.stages, s), append(l.of, of)
		if s.Replaced {
			continue
		}
		for _, cmd := range st.Commands {
			if w, ok := writtenStep(cmd); ok {
				l.of[i].steps = append(l.of[i].steps, w)
			}
			l.use(i, cmd)
		}
	}
	return l
}

// settle looks up what stands in for needed stages and bases, adds what the bases' ONBUILD instructions make of the
// stages, and marks what the target depends on by all that.
func (l *layout) settle(ctx context.Context, target int, asked *listener) {
	settled := map[int]bool{}
	// A trigger may copy from a stage that nothing else needs.
	for reached := l.markNeeded(target); len(settled) < len(reached); reached = l.markNeeded(target) {
		for i := range reached {
			if settled[i] {
				continue
			}
			settled[i] = true
			if in := l.of[i].standIn; in != nil {
				in.load(ctx)
				if l.stages[i].Replaced {
					l.of[i].from.text = in.name
				}
				if l.stages[i].Replaced || in.local == "" {
					l.stages[i].Base = in.place
				}
			}
			l.addTriggers(i, asked)
		}
	}
}

// addTriggers adds what the ONBUILD instructions of its base make of stage i.
func (l *layout) addTriggers(i int, asked *listener) {
	of := &l.of[i]
	var texts []string
	switch {
	case l.stages[i].Replaced:
	case of.base >= 0:
		texts = triggersOf(l.file.stages[of.base])
	case of.standIn != nil:
		texts = of.standIn.triggers
	default:
		texts = asked.triggers(l.stages[i].Base)
	}
	for _, text := range texts {
		ast, err := parser.Parse(strings.NewReader(text))
		if err != nil || len(ast.AST.Children) != 1 {
			continue
		}
		cmd, err := instructions.ParseCommand(ast.AST.Children[0])
		if err != nil {
			continue
		}
		if w, ok := writtenStep(cmd); ok {
			w.line, w.end, w.text = of.from.line, of.from.end, onBuild+w.text
			of.triggers = append(of.triggers, w)
		}
		l.use(i, cmd)
	}
}

// triggersOf are the triggers that a stage of the Dockerfile hands on.
func triggersOf(st instructions.Stage) []string {
	var texts []string
	for _, cmd := range st.Commands {
		if c, ok := cmd.(*instructions.OnbuildCommand); ok {
			texts = append(texts, c.Expression)
		}
	}
	return texts
}

// use notes the stages that an instruction of stage i copies from or mounts.
func (l *layout) use(i int, cmd instructions.Command) {
	of := &l.of[i]
	switch c := cmd.(type) {
	case *instructions.CopyCommand:
		if from := stageCopied(l.file.stages, c.From); from >= 0 && from < i {
			of.uses = append(of.uses, from)
			l.stages[i].copies[l.stages[from].Name]++
		}
	case *instructions.RunCommand:
		for _, m := range instructions.GetMounts(c) {
			if from := stageNamed(l.file.stages, m.From); from >= 0 && from < i {
				of.uses = append(of.uses, from)
			}
		}
	}
}

// uniqueNames names each stage: by its own name, or "stage-N" as BuildKit does. Of several of one name the last keeps
// it, which is what it means to others; the line tells the rest from it.
func uniqueNames(stages []instructions.Stage) []string {
	names := make([]string, len(stages))
	for i, st := range stages {
		name := st.Name
		if name == "" {
			name = fmt.Sprintf("stage-%d", i)
		}
		if of := stageNamed(stages, name); of >= 0 && of != i {
			line, _ := linesOf(st.Location)
			name = fmt.Sprintf("%s (line %d)", name, line)
		}
		names[i] = name
	}
	return names
}

// stageBefore finds the stage that a FROM means: the last one of that name, in small letters, before it; -1 for none.
func stageBefore(before []instructions.Stage, name string) int {
	for j, st := range slices.Backward(before) {
		if st.Name != "" && st.Name == name {
			return j
		}
	}
	return -1
}

// stageNamed finds the stage that a mount means: the last one of that name, in any case; -1 for none.
func stageNamed(stages []instructions.Stage, name string) int {
	return stageBefore(stages, strings.ToLower(name))
}

// stageCopied finds the stage that a COPY means, by name or by index; -1 for none.
func stageCopied(stages []instructions.Stage, ref string) int {
	if n, err := strconv.Atoi(ref); err == nil {
		if n < 0 || n >= len(stages) {
			return -1
		}
		return n
	}
	return stageNamed(stages, ref)
}

// target returns the stage that a name or an index, or empty for the last, means.
func (l *layout) target(ref string) int {
	if i, ok := findStage(uniqueNames(l.file.stages), ref); ok {
		return i
	}
	return len(l.stages) - 1
}

// markNeeded marks the stages that the target depends on. An instruction means stages before its own only, so one
// pass from the end reaches them all. What something else stands in for is reached, but not needed.
func (l *layout) markNeeded(target int) (reached map[int]bool) {
	reached = map[int]bool{target: true}
	for i := range slices.Backward(l.stages) {
		s := &l.stages[i]
		for _, from := range l.of[i].uses {
			s.addFrom(l.stages[from].Name)
			if reached[i] {
				reached[from] = true
			}
		}
		s.Needed = reached[i] && (!s.Replaced || i == target)
	}
	return reached
}

// standIn is what stands below stage i in the place of an image or of a stage, nil for nothing.
func (l *layout) standIn(i int) *standIn {
	for l.of[i].base >= 0 {
		i = l.of[i].base
	}
	return l.of[i].standIn
}

func (s *Stage) addFrom(name string) {
	if !slices.Contains(s.From, name) {
		s.From = append(s.From, name)
	}
}

func linesOf(at []parser.Range) (line, end int) {
	if len(at) == 0 {
		return 0, 0
	}
	return at[0].Start.Line, at[len(at)-1].End.Line
}
