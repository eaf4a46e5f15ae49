package image

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/opencontainers/go-digest"
	"github.com/opencontainers/image-spec/identity"

	"github.com/stagewatch/stagewatch/engine/event"
	"github.com/stagewatch/stagewatch/engine/plan"
)

// Source is a stage to read: the plan that was built, the image that came of it and its size as [Store.Measure]
// has it.
type Source struct {
	Plan  *plan.Plan
	Image string
	Size  event.StageSize
}

// Stage is a stage with its files.
type Stage struct {
	Source
	// Layers are the base's, taken together, and then one for each step that makes a layer.
	Layers []Layer

	config Config
	graph  *graph
	// base is the step of FROM, -1 for a stage from scratch; steps are those above, and chains the digests of the
	// layers up to each of base and steps.
	base   int
	steps  []int
	chains []digest.Digest
	// trees are the file systems after each layer.
	trees []Tree
}

// Config is the part of an image's configuration that decides how its programs run.
type Config struct {
	// Arch is the architecture as the image names it, "amd64".
	Arch string
	// Path are the folders of PATH.
	Path []string
	// Start is the program that the image starts, as the image writes it.
	Start string
}

// Config returns the configuration of the stage's image.
func (s *Stage) Config() Config { return s.config }

// Base returns the files of the stage's base image. The caller must not change them.
func (s *Stage) Base() Tree { return s.trees[0] }

// Files returns the stage's whole file system. The caller must not change it.
func (s *Stage) Files() Tree { return s.trees[len(s.trees)-1] }

// Added returns the regular files that the stage's own steps added to its base or changed there, by path.
func (s *Stage) Added() []File {
	var added []File
	owner := owners(s)
	for p, f := range s.Files() {
		if owner[p] > 0 && f.Mode.IsRegular() {
			added = append(added, f)
		}
	}
	slices.SortFunc(added, func(a, b File) int { return cmp.Compare(a.Path, b.Path) })
	return added
}

// instruction is the step's, as the Dockerfile has it; the base's for a step of -1.
func (s *Stage) instruction(step int) string {
	if step < 0 {
		return "FROM " + s.Plan.Base(s.Plan.Target)
	}
	return s.Plan.Steps[step].Instruction
}

func (s *Stage) line(step int) int {
	if step < 0 {
		step = s.base
	}
	if step < 0 {
		return 0
	}
	return s.Plan.Steps[step].Line
}

// inspect matches the image's layers with the plan's steps.
func (r *Reader) inspect(ctx context.Context, src Source) (*Stage, error) {
	seen, err := r.engine.Client.ImageInspect(ctx, src.Image)
	if err != nil {
		return nil, fmt.Errorf("inspecting image %s: %w", short(src.Image), err)
	}
	s := &Stage{Source: src}
	s.base, s.steps = LayerSteps(src.Plan)
	n := src.Plan.BaseLayers
	if len(seen.RootFS.Layers) != n+len(s.steps) || len(src.Size.Layers) != n+len(s.steps) {
		return nil, fmt.Errorf("matching layers of stage %q to its steps: %d layers, %d in the history, but %d of the base and %d steps",
			src.Plan.Target, len(seen.RootFS.Layers), len(src.Size.Layers), n, len(s.steps))
	}
	var ids []digest.Digest
	for _, l := range seen.RootFS.Layers {
		ids = append(ids, digest.Digest(l))
	}
	for i := n; i <= len(ids); i++ {
		s.chains = append(s.chains, identity.ChainID(ids[:i]))
	}
	s.config.Arch = seen.Architecture
	if c := seen.Config; c != nil {
		s.config.Path = variable(c.Env, "PATH")
		if start := slices.Concat(c.Entrypoint, c.Cmd); len(start) > 0 {
			s.config.Start = start[0]
		}
	}
	return s, nil
}

// variable returns the folders in a variable of an image's environment.
func variable(env []string, name string) []string {
	for _, kv := range env {
		if v, ok := strings.CutPrefix(kv, name+"="); ok && v != "" {
			return strings.Split(v, ":")
		}
	}
	return nil
}

// bytes are the history's for layer i of the stage.
func (s *Stage) bytes(i int) int64 {
	n := s.Plan.BaseLayers
	if i > 0 {
		return s.Size.Layers[n+i-1].Bytes
	}
	var sum int64
	for _, l := range s.Size.Layers[:n] {
		sum += l.Bytes
	}
	return sum
}

// step is that of layer i, -1 for the base.
func (s *Stage) step(i int) int {
	if i == 0 {
		return -1
	}
	return s.steps[i-1]
}

// op is the op whose result is the stage up to layer i.
func (s *Stage) op(i int) (int, bool) {
	step := s.step(i)
	if i == 0 {
		step = s.base
	}
	op, ok := s.graph.results[step]
	return op, ok
}

// idle tells of a layer which has nothing in it: no bytes, and made by an instruction that takes no files away.
func (s *Stage) idle(i int) bool {
	return i > 0 && s.bytes(i) == 0 && !strings.HasPrefix(s.instruction(s.step(i)), "RUN")
}

// links are the bytes that the base's symbolic links count for. For a layer that it got as an archive the engine adds
// the length of what each link points to, and for one that it built it does not: where the base has bytes beyond its
// files, they are those first.
func (s *Stage) links() int64 {
	var n int64
	for _, f := range s.trees[0] {
		n += int64(len(f.Link))
	}
	if n > s.Layers[0].Bytes-s.trees[0].bytes() {
		return 0
	}
	return n
}
