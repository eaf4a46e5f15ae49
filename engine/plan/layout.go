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

// layout is the Dockerfile's structure: its stages, and which of their instructions may make steps.
type layout struct {
	file   *parsed
	stages []Stage
	// of has what only the layout needs of each stage, in the same order.
	of []stageLayout
}

type stageLayout struct {
	// base is the index of the stage that this one is based on, -1 for an image or scratch.
	base int
	// uses are the indexes of the stages that it is based on, copies from or mounts.
	uses []int
	// from is its FROM, triggers the ONBUILD instructions of its base, steps its other instructions that may make steps.
	from            written
	triggers, steps []written
	// replacement is the named context that replaces the base, or the whole stage where Stage.Replaced is set; nil for none.
	replacement *replacement
}

// newLayout reads the stages in the same way as BuildKit's converter, which does not return them.
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
		if of.replacement = c.find(st.Name, asked); of.replacement != nil {
			s.Replaced = true
		} else if of.base = stageBefore(file.stages[:i], s.Base); of.base >= 0 {
			s.Base = names[of.base]
			of.uses = append(of.uses, of.base)
		} else if s.Base != scratch {
			of.replacement = c.find(s.Base, &platform)
		}
		l.stages, l.of = append(l.stages, s), append(l.of, of)
		if s.Replaced {
			continue
		}
		for _, cmd := range st.Commands {
			if w, ok := writtenStep(cmd); ok {
				l.of[i].steps = append(l.of[i].steps, w)
			}
			l.addUses(i, cmd)
		}
	}
	return l
}

// resolve loads the replacements of needed stages and bases, adds the triggers of the bases, and marks the stages that the
// target depends on.
func (l *layout) resolve(ctx context.Context, target int, bases *baseRecorder) {
	resolved := map[int]bool{}
	// A trigger may copy from a stage that nothing else needs, so each round can reach more stages.
	for reached := l.markNeeded(target); len(resolved) < len(reached); reached = l.markNeeded(target) {
		for i := range reached {
			if resolved[i] {
				continue
			}
			resolved[i] = true
			if in := l.of[i].replacement; in != nil {
				in.load(ctx)
				if l.stages[i].Replaced {
					l.of[i].from.text = in.name
				}
				if l.stages[i].Replaced || in.local == "" {
					l.stages[i].Base = in.place
				}
			}
			l.addTriggers(i, bases)
		}
	}
}

// addTriggers adds the ONBUILD instructions of its base to stage i.
func (l *layout) addTriggers(i int, bases *baseRecorder) {
	of := &l.of[i]
	var texts []string
	switch {
	case l.stages[i].Replaced:
	case of.base >= 0:
		texts = triggersOf(l.file.stages[of.base])
	case of.replacement != nil:
		texts = of.replacement.triggers
	default:
		texts = bases.triggers(l.stages[i].Base)
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
		l.addUses(i, cmd)
	}
}

// triggersOf returns the ONBUILD instructions of a stage of the Dockerfile.
func triggersOf(st instructions.Stage) []string {
	var texts []string
	for _, cmd := range st.Commands {
		if c, ok := cmd.(*instructions.OnbuildCommand); ok {
			texts = append(texts, c.Expression)
		}
	}
	return texts
}

// addUses records the stages that an instruction of stage i copies from or mounts.
func (l *layout) addUses(i int, cmd instructions.Command) {
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

// uniqueNames returns a name for each stage: its own, or "stage-N" as in BuildKit. Where several stages have the same name,
// the last one keeps it, as other instructions mean that one, and the others get their line behind it.
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

// stageBefore returns the index of the stage that a FROM means, -1 for none: the last one before it with that name. Names
// of stages are in small letters.
func stageBefore(before []instructions.Stage, name string) int {
	for j, st := range slices.Backward(before) {
		if st.Name != "" && st.Name == name {
			return j
		}
	}
	return -1
}

// stageNamed returns the index of the stage that a mount means, -1 for none: the last one with that name, in any case.
func stageNamed(stages []instructions.Stage, name string) int {
	return stageBefore(stages, strings.ToLower(name))
}

// stageCopied returns the index of the stage that a COPY --from means, by name or by number; -1 for none.
func stageCopied(stages []instructions.Stage, ref string) int {
	if n, err := strconv.Atoi(ref); err == nil {
		if n < 0 || n >= len(stages) {
			return -1
		}
		return n
	}
	return stageNamed(stages, ref)
}

// target returns the index of the stage with a name or a number, and of the last stage where there is none.
func (l *layout) target(ref string) int {
	if i, ok := findStage(uniqueNames(l.file.stages), ref); ok {
		return i
	}
	return len(l.stages) - 1
}

// markNeeded marks the stages that the target depends on. An instruction can only use earlier stages, so one pass from the
// end reaches them all. A replaced stage is reached, but not needed, unless it is the target.
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

// replacement returns the named context that stage i is based on, directly or through other stages; nil for none.
func (l *layout) replacement(i int) *replacement {
	for l.of[i].base >= 0 {
		i = l.of[i].base
	}
	return l.of[i].replacement
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
