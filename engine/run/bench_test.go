package run

import (
	"context"
	"testing"
	"time"

	"github.com/stagewatch/stagewatch/engine/dock/docktest"
	"github.com/stagewatch/stagewatch/engine/event"
)

// What a new container costs on the way from an image to its first answer, dialled directly and through a port
// that the engine publishes.
func BenchmarkStartToReady(b *testing.B) {
	engine := docktest.Engine(b)
	session := docktest.Session(b, engine)
	image := docktest.Image(b, engine, session, cmd("-listen", ":8080"))
	direct := engine.Direct(b.Context())
	for name, runner := range map[string]*Runner{
		"direct":    {engine: engine, labels: session.Labels(), direct: true},
		"published": {engine: engine, labels: session.Labels(), direct: false},
	} {
		if runner.direct && !direct {
			continue
		}
		b.Run(name, func(b *testing.B) {
			var starting, waiting time.Duration
			for b.Loop() {
				began := time.Now()
				c, err := runner.Start(b.Context(), Spec{Image: image, Port: 8080})
				if err != nil {
					b.Fatal(err)
				}
				starting += time.Since(began)
				began = time.Now()
				if err := c.Ready(b.Context(), 30*time.Second); err != nil {
					b.Fatal(err)
				}
				waiting += time.Since(began)
				b.StopTimer()
				if err := c.Stop(context.Background(), 0); err != nil {
					b.Fatal(err)
				}
				b.StartTimer()
			}
			b.ReportMetric(float64(starting.Milliseconds())/float64(b.N), "ms-start/op")
			b.ReportMetric(float64(waiting.Microseconds())/1000/float64(b.N), "ms-ready/op")
		})
	}
}

// How fast the log of a container that has ended is read.
func BenchmarkLogs(b *testing.B) {
	engine := docktest.Engine(b)
	session := docktest.Session(b, engine)
	image := docktest.Image(b, engine, session, cmd("-lines", "200000"))
	runner := New(b.Context(), engine, session.Labels())
	b.ReportAllocs()
	lines := 0
	var spent time.Duration
	for b.Loop() {
		began := time.Now()
		c, err := runner.Start(b.Context(), Spec{Image: image, Log: func(event.Log) { lines++ }})
		if err != nil {
			b.Fatal(err)
		}
		<-c.logged
		spent += time.Since(began)
		if err := c.Stop(context.Background(), 0); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(lines)/spent.Seconds(), "lines/s")
}
