package main

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/docker/docker/api/types/container"

	"github.com/stagewatch/stagewatch/engine/dock"
	"github.com/stagewatch/stagewatch/engine/dock/docktest"
)

// BenchmarkSave measures whole programs, each in a session on its own copy of a sample, in turn: an edited page, from its
// save to the first answer that has it. Needs `make build`; BENCH_BEFORE is an earlier stagewatch to be beside, and
// BENCH_COMPOSE a docker-compose that copies the file into its container and restarts that.
//
// Light is the sample with no RUN behind its source. Of the sample as it is, the time that its RUN steps take is beside, too.
func BenchmarkSave(b *testing.B) {
	for _, sample := range []string{"light", "python-app"} {
		var r race
		b.Run(sample, func(b *testing.B) {
			r = newRace(b, sample == "light")
			for n := 0; b.Loop(); n++ {
				r.turn(b, fmt.Sprint("save ", n, " of ", b.N))
			}
			r.served.Report(b)
		})
		for _, part := range []struct {
			name  string
			pairs *docktest.Pairs
		}{{"handover", &r.handedOver}, {"runs", &r.ran}, {"processor", &r.busy}} {
			if part.pairs.Ways() > 1 {
				b.Run(sample+"/"+part.name, func(b *testing.B) {
					for b.Loop() {
					}
					part.pairs.Report(b)
				})
			}
		}
		for way, kib := range r.most {
			b.Logf("%s: %s held %d MiB at most", sample, way, kib>>10)
		}
	}
}

// race is a save by several programs in turn.
type race struct {
	engine   *dock.Engine
	programs []*racer
	// served are from a save to the answer, handedOver from the image to the answer, ran the RUN steps, busy processor time.
	served, handedOver, ran, busy docktest.Pairs
	// most is the memory of each program, in KiB.
	most map[string]int
}

func newRace(b *testing.B, light bool) race {
	b.Helper()
	r := race{engine: docktest.Engine(b), most: map[string]int{}}
	bin, err := filepath.Abs("../../bin/stagewatch")
	if err != nil {
		b.Fatal(err)
	}
	r.programs = append(r.programs, startRacer(b, r.engine, "ours", light, bin, "--progress", "json", "-p", "0:8080"))
	if before := os.Getenv("BENCH_BEFORE"); before != "" {
		r.programs = append(r.programs, startRacer(b, r.engine, "before", light, before, "--progress", "json", "-p", "0:8080"))
	}
	if compose := os.Getenv("BENCH_COMPOSE"); compose != "" && light {
		r.programs = append(r.programs, startCompose(b, r.engine, compose))
	}
	return r
}

// turn has each program serve an edit.
func (r *race) turn(b *testing.B, page string) {
	b.Helper()
	for _, p := range r.programs {
		if p.lost {
			continue
		}
		used := p.busy(b)
		took, err := p.save(b, page)
		if p.lost = err != nil; p.lost {
			b.Logf("%s is left out: %v", p.name, err)
			continue
		}
		r.served.Add(p.name, took.served)
		if p.events == nil {
			continue
		}
		r.busy.Add(p.name, p.busy(b)-used)
		r.most[p.name] = p.most(b)
		r.handedOver.Add(p.name, took.handedOver)
		if p.name == "ours" {
			r.handedOver.Add("docker-run", runBare(b, r.engine, took.image))
			if took.ran > 0 {
				r.ran.Add("ours", took.served)
				r.ran.Add("RUN-steps", took.ran)
			}
		}
	}
}

// runBare returns the time from an image to an answer, with a container and nothing around it.
func runBare(b *testing.B, e *dock.Engine, image string) time.Duration {
	b.Helper()
	began := time.Now()
	c, err := e.Client.ContainerCreate(b.Context(), &container.Config{Image: image}, nil, nil, nil, "")
	if err == nil {
		err = e.Client.ContainerStart(b.Context(), c.ID, container.StartOptions{})
	}
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = e.Client.ContainerRemove(b.Context(), c.ID, container.RemoveOptions{Force: true}) }()
	info, err := e.Client.ContainerInspect(b.Context(), c.ID)
	if err != nil {
		b.Fatal(err)
	}
	for _, network := range info.NetworkSettings.Networks {
		if err := answerOf("http://"+network.IPAddress+":8080/", "<main>"); err != nil {
			b.Fatal(err)
		}
	}
	return time.Since(began)
}
