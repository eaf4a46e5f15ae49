package run

import (
	"context"
	"io"
	"testing"
	"time"

	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/client"

	"github.com/stagewatch/stagewatch/engine/dock/docktest"
	"github.com/stagewatch/stagewatch/engine/event"
)

// BenchmarkStartToReady measures the time from an image to its container's first answer, dialled directly and through a
// port that the engine publishes.
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
				if err := c.Ready(b.Context(), Readiness{Within: 30 * time.Second}); err != nil {
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

// BenchmarkLogs measures how fast the log of a container that has ended is read, beside a reader that drops it.
func BenchmarkLogs(b *testing.B) {
	engine := docktest.Engine(b)
	session := docktest.Session(b, engine)
	image := docktest.Image(b, engine, session, cmd("-lines", "200000"))
	lines := 0
	c, err := New(b.Context(), engine, session.Labels()).Start(b.Context(), Spec{Image: image, Log: func(event.Log) { lines++ }})
	if err != nil {
		b.Fatal(err)
	}
	<-c.logged
	var pairs docktest.Pairs
	b.ReportAllocs()
	for b.Loop() {
		pairs.Time("ours", func() {
			if err := c.readLog(b.Context(), c.newLogReader(), false); err != nil {
				b.Fatal(err)
			}
		})
		pairs.Time("floor", func() {
			stream, err := engine.Client.ContainerLogs(b.Context(), c.ID, container.LogsOptions{ShowStdout: true, ShowStderr: true, Timestamps: true})
			if err == nil {
				_, err = io.Copy(io.Discard, stream)
				stream.Close()
			}
			if err != nil {
				b.Fatal(err)
			}
		})
	}
	pairs.Report(b)
	if lines < 200_000*b.N {
		b.Errorf("%d lines in %d readings", lines, b.N)
	}
	if err := c.Stop(context.Background(), 0); err != nil {
		b.Fatal(err)
	}
}

// BenchmarkFollow measures the processor time of following an app that logs as fast as it can, beside dropping what the
// engine sends. The wall time would depend on the app and the engine.
func BenchmarkFollow(b *testing.B) {
	engine := docktest.Engine(b)
	session := docktest.Session(b, engine)
	image := docktest.Image(b, engine, session, cmd("-lines", "300000"))
	runner := New(b.Context(), engine, session.Labels())
	var pairs docktest.Pairs
	for b.Loop() {
		lines := 0
		pairs.Processor("ours", func() {
			c, err := runner.Start(b.Context(), Spec{Image: image, Log: func(event.Log) { lines++ }})
			if err != nil {
				b.Fatal(err)
			}
			<-c.logged
		})
		if lines != 300_000 {
			b.Errorf("%d lines", lines)
		}
		pairs.Processor("floor", func() { drop(b, engine.Client, image, session.Labels()) })
	}
	pairs.Report(b)
}

// drop runs an image to its end and drops its log.
func drop(b *testing.B, engine *client.Client, image string, labels map[string]string) {
	c, err := engine.ContainerCreate(b.Context(), &container.Config{Image: image, Labels: labels}, nil, nil, nil, "")
	if err == nil {
		err = engine.ContainerStart(b.Context(), c.ID, container.StartOptions{})
	}
	if err != nil {
		b.Fatal(err)
	}
	stream, err := engine.ContainerLogs(b.Context(), c.ID, container.LogsOptions{ShowStdout: true, ShowStderr: true, Timestamps: true, Follow: true})
	if err == nil {
		_, err = io.Copy(io.Discard, stream)
		stream.Close()
	}
	if err != nil {
		b.Fatal(err)
	}
}
