#!/usr/bin/env bash
# A COPY --from that is in the cache does not see that the step before it has run anew.
#
# github.com/moby/buildkit v0.34.2 (solver), driven with ops of its own: RUN makes other files in each run, COPY goes by their content.
# Guess:    after a build of a stage with --no-cache, the next build of the image copies what the stage has now: its copy goes by the
#           content of what it copies.
# Behaviour: by content it goes only where it was not yet made. The copy that was made of the step's first run is found by what
#            both are made of, which has not changed, and is taken; a copy that is new gets the files of the second run. So one
#            image can have files of both runs, until the copy itself is built without the cache.
set -euo pipefail
dir=$(mktemp -d) && trap 'rm -rf "$dir"' EXIT && cd "$dir"
cat >main.go <<'GO'
package main

import (
	"context"
	"fmt"

	"github.com/moby/buildkit/session"
	"github.com/moby/buildkit/solver"
	"github.com/opencontainers/go-digest"
)

// step is a vertex, an op and, with a number, a result.
type step struct {
	name     string
	on       *step
	anew     bool
	contents string
}

var runs int

func (s *step) Digest() digest.Digest { return digest.FromString(fmt.Sprint(s.name, s.anew)) }
func (s *step) Name() string          { return s.name }
func (s *step) Sys() any              { return s }
func (s *step) Options() solver.VertexOptions {
	return solver.VertexOptions{IgnoreCache: s.anew}
}
func (s *step) Inputs() []solver.Edge {
	if s.on == nil {
		return nil
	}
	return []solver.Edge{{Vertex: s.on}}
}
func (s *step) CacheMap(context.Context, solver.JobContext, int) (*solver.CacheMap, bool, error) {
	m := &solver.CacheMap{Digest: digest.FromString(s.name)}
	if s.on != nil {
		m.Deps = make([]struct {
			Selector          digest.Digest
			ComputeDigestFunc solver.ResultBasedCacheFunc
			PreprocessFunc    solver.PreprocessFunc
		}, 1)
		m.Deps[0].ComputeDigestFunc = func(_ context.Context, r solver.Result, _ session.Group) (digest.Digest, error) {
			return digest.FromString(r.Sys().(*step).contents), nil
		}
	}
	return m, true, nil
}
func (s *step) Exec(_ context.Context, _ solver.JobContext, in []solver.Result) ([]solver.Result, error) {
	made := &step{name: s.name}
	if len(in) > 0 {
		made.contents = "copy of " + in[0].Sys().(*step).contents
	} else {
		runs++
		made.contents = fmt.Sprint("run ", runs)
	}
	return []solver.Result{made}, nil
}
func (s *step) Acquire(context.Context) (solver.ReleaseFunc, error) { return func() {}, nil }
func (s *step) ID() string                                          { return s.contents }
func (s *step) Release(context.Context) error                       { return nil }
func (s *step) Clone() solver.Result                                { return s }

func main() {
	s := solver.NewSolver(solver.SolverOpt{
		ResolveOpFunc: func(v solver.Vertex, _ solver.Builder) (solver.Op, error) { return v.Sys().(*step), nil },
		DefaultCache:  solver.NewInMemoryCacheManager(),
	})
	build := func(what string, v *step) {
		job, err := s.NewJob(what)
		if err != nil {
			panic(err)
		}
		defer job.Discard()
		res, err := job.Build(context.Background(), solver.Edge{Vertex: v})
		if err != nil {
			panic(err)
		}
		fmt.Printf("%s: %s\n", what, res.Sys().(*step).contents)
	}
	run := &step{name: "RUN"}
	build("COPY --from", &step{name: "COPY", on: run})
	build("RUN without the cache", &step{name: "RUN", anew: true})
	build("RUN", run)
	build("COPY --from again", &step{name: "COPY", on: run})
	build("another COPY --from", &step{name: "COPY elsewhere", on: run})
}
GO
go mod init finding 2>/dev/null
go get github.com/moby/buildkit@v0.34.2 2>/dev/null
seen=$(go run -mod=mod . 2>/dev/null)
echo "$seen"
diff <(echo "$seen") - <<'OUT'
COPY --from: copy of run 1
RUN without the cache: run 2
RUN: run 2
COPY --from again: copy of run 1
another COPY --from: copy of run 2
OUT
