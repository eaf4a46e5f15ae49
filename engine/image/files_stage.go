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

// Source is a stage to read: the plan that was built, the id of its image, and the image's size as [Store.Measure]
// returns it.
type Source struct {
	Plan  *plan.Plan
	Image string
	Size  event.StageSize
	// Basis is what Size counts. Reading replaces any other by one of [Files].
	Basis string
}

// Stage is a stage whose files were read.
type Stage struct {
	Source
	// Layers are the base's layers as one, and then a layer for each step that makes one.
	Layers []Layer

	config Config
	graph  *graph
	// base is the step of FROM, -1 for a stage from scratch, and steps are those above it. chains are the digests of
	// the image's layers up to the base and up to each of steps.
	base   int
	steps  []int
	chains []digest.Digest
	// baseSizes are the sizes of the base's layers if they are several, and Size counts [Blocks].
	baseSizes []int64
	// trees are the file systems up to each layer.
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

// instruction returns a step's instruction as the Dockerfile has it, the base's FROM for -1.
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

// bytes returns the size of layer i, the base's layers as one.
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

// refine replaces a rough size by the bytes of the layers' files.
func (s *Stage) refine() {
	s.Size.Layers = slices.Clone(s.Size.Layers)
	n := s.Plan.BaseLayers
	for i, bytes := range s.baseSizes {
		s.Size.Layers[i].Bytes = bytes
	}
	if n == 1 {
		s.Size.Layers[0].Bytes = s.Layers[0].contents() + s.Layers[0].targets()
	}
	for i, l := range s.Layers[1:] {
		s.Size.Layers[n+i].Bytes = l.contents()
	}
	s.Size.Bytes = 0
	for _, l := range s.Size.Layers {
		s.Size.Bytes += l.Bytes
	}
}

// step returns the step that made layer i, -1 for the base.
func (s *Stage) step(i int) int {
	if i == 0 {
		return -1
	}
	return s.steps[i-1]
}

// op returns the op whose result is the stage up to layer i.
func (s *Stage) op(i int) (int, bool) {
	step := s.step(i)
	if i == 0 {
		step = s.base
	}
	op, ok := s.graph.results[step]
	return op, ok
}

// empty reports whether a layer has no files and deletes none.
func (s *Stage) empty(i int) bool {
	if i == 0 {
		return false
	}
	word, _, _ := strings.Cut(s.instruction(s.step(i)), " ")
	return word == "WORKDIR" || s.bytes(i) == 0 && word != "RUN"
}

// links returns the bytes that the base's symbolic links count for. The engine counts the length of each link's target
// in layers that it pulled or imported, and does not in layers that it built: where the base has more bytes than its
// files have, the links' targets are the first of them.
func (s *Stage) links() int64 {
	n := s.Layers[0].targets()
	if n > s.Layers[0].Bytes-s.trees[0].bytes() {
		return 0
	}
	return n
}
