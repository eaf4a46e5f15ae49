package plan

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/moby/buildkit/frontend/dockerfile/parser"
	"github.com/moby/buildkit/solver/pb"
)

// Syntax is the frontend that a Dockerfile's syntax directive names.
type Syntax struct {
	// Image is the frontend's image, Command the whole directive: the image and its arguments.
	Image, Command string
}

// Frontend runs frontends on an engine.
type Frontend interface {
	// Convert returns the graph that the frontend makes, and the JSON of the image config.
	Convert(ctx context.Context, syntax Syntax, in Input) (def *pb.Definition, config []byte, err error)
}

// CustomSyntax returns the frontend that the Dockerfile's syntax directive names. It reports false where there is no
// directive, and for docker/dockerfile, which runs in this process.
func CustomSyntax(dockerfile []byte) (Syntax, bool) {
	ref, command, _, ok := parser.DetectSyntax(dockerfile)
	if !ok {
		return Syntax{}, false
	}
	name := strings.TrimPrefix(ref, "docker.io/")
	name, _, _ = strings.Cut(name, "@")
	name, _, _ = strings.Cut(name, ":")
	if name == "docker/dockerfile" || name == "docker/dockerfile-upstream" {
		return Syntax{}, false
	}
	return Syntax{Image: ref, Command: command}, true
}

// convertForeign lets the frontend that the Dockerfile names make the graph.
func (p *Plan) convertForeign(ctx context.Context, in Input, syntax Syntax) error {
	p.foreign = true
	var err error
	if p.def, p.Image, err = in.Frontend.Convert(ctx, syntax, in); err != nil {
		return fmt.Errorf("the frontend %s, which the Dockerfile names: %w", syntax.Image, err)
	}
	var config struct {
		RootFS struct {
			DiffIDs []string `json:"diff_ids"`
		} `json:"rootfs"`
	}
	if err := json.Unmarshal(p.Image, &config); err != nil {
		return fmt.Errorf("decoding the image config of the frontend %s: %w", syntax.Image, err)
	}
	p.BaseLayers = len(config.RootFS.DiffIDs)
	if err := p.adopt(in); err != nil {
		return err
	}
	return p.nameStages(syntax)
}

// nameStages sets the plan's stages and steps by the names that the frontend gave to the ops.
func (p *Plan) nameStages(syntax Syntax) error {
	p.nameOps()
	l := &layout{}
	stageOf := make([]int, len(p.ops))
	for i, o := range p.ops {
		stageOf[i] = -1
		m := progressName.FindStringSubmatch(o.name)
		if m == nil {
			continue
		}
		at := l.stageIndex(cmp.Or(m[1], "stage-0"))
		stageOf[i] = at
		l.stages[at].setBase(m[4], o)
		for k, j := range o.inputs {
			if from := stageOf[j]; from >= 0 && from != at {
				l.stages[at].addInput(l.stages[from].Name, o, k)
			}
		}
	}
	if len(l.stages) == 0 {
		return errors.New("the frontend " + syntax.Image + ", which the Dockerfile names, made a graph without steps")
	}
	l.order(stageOf)
	p.Target = l.stages[len(l.stages)-1].Name
	p.setSteps(l, p.readNamedSteps(l))
	return nil
}

// stageIndex returns the index of the stage of that name, and adds the stage where there is none.
func (l *layout) stageIndex(name string) int {
	at := slices.IndexFunc(l.stages, func(s Stage) bool { return s.Name == name })
	if at < 0 {
		at = len(l.stages)
		l.stages = append(l.stages, Stage{Name: name, Needed: true, copies: map[string]int{}})
	}
	return at
}

// order sorts the stages by their last op, so that each comes before those that use it, as in a Dockerfile.
func (l *layout) order(stageOf []int) {
	var stages []Stage
	seen := map[int]bool{}
	for _, at := range slices.Backward(stageOf) {
		if at >= 0 && !seen[at] {
			seen[at] = true
			stages = append(stages, l.stages[at])
		}
	}
	slices.Reverse(stages)
	l.stages = stages
}

// addInput records that input k of o, an op of the stage, comes from another stage.
func (s *Stage) addInput(stage string, o op, k int) {
	s.addFrom(stage)
	switch {
	case !o.readsByContent(k):
		s.Base = cmp.Or(s.Base, stage)
	case o.pb.GetFile() != nil:
		s.copies[stage]++
	}
}

// setBase sets the stage's base and line where instruction is its FROM.
func (s *Stage) setBase(instruction string, o op) {
	if base, ok := strings.CutPrefix(instruction, "FROM "); ok {
		s.Base = base
		if len(o.lines) > 0 {
			s.Line = o.lines[0]
		}
	}
}

// nameOps gives the ops names with numbers, where the frontend gave none of them a number.
func (p *Plan) nameOps() {
	var steps []int
	for i, o := range p.ops {
		if progressName.MatchString(o.name) {
			return
		}
		if _, local := o.local(); !local && o.pb.Op != nil {
			steps = append(steps, i)
		}
	}
	for n, i := range steps {
		o := &p.ops[i]
		if o.name == "" {
			o.name = opText(o.pb)
		}
		o.name = fmt.Sprintf("[%d/%d] %s", n+1, len(steps), o.name)
	}
}

// opText describes an op without a name.
func opText(o *pb.Op) string {
	switch t := o.Op.(type) {
	case *pb.Op_Source:
		return "FROM " + strings.TrimPrefix(t.Source.Identifier, "docker-image://")
	case *pb.Op_Exec:
		return "RUN " + strings.Join(t.Exec.GetMeta().GetArgs(), " ")
	case *pb.Op_File:
		return "COPY"
	}
	return "an operation of the frontend's own"
}
