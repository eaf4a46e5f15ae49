package image

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/stagewatch/stagewatch/engine/dock/docktest"
)

// BenchmarkRead reads the files and layers of the sample's final stage for the first time and then again. Where dive is
// installed, it alternates with `dive --json`, which reads everything that `docker save` sends, each time.
func BenchmarkRead(b *testing.B) {
	s := newStages(b)
	s.Sample("python-app")
	after := s.build("")
	read := func() {
		err := s.reader.Read(b.Context(), s.contexts(), []Source{after}, func([]*Stage, Open) error { return nil })
		if err != nil {
			b.Fatal(err)
		}
	}
	for name, forget := range map[string]func(){"first": func() { s.reader.layers, s.reader.older = nil, nil }, "again": func() {}} {
		b.Run(name, func(b *testing.B) {
			var pairs docktest.Pairs
			var most int64
			for b.Loop() {
				forget()
				pairs.Time("ours", read)
				if dive, err := exec.LookPath("dive"); err == nil {
					pairs.Time("dive", func() { most = max(most, diveReads(b, dive, after.Image)) })
				}
			}
			pairs.Report(b)
			if most > 0 {
				b.ReportMetric(float64(most)/1024, "MB-dive")
			}
		})
	}
}

// diveReads returns the most memory that dive used, in KiB.
func diveReads(b *testing.B, dive, image string) int64 {
	cmd := exec.CommandContext(b.Context(), dive, image, "--json", filepath.Join(b.TempDir(), "layers.json"))
	cmd.Env = append(os.Environ(), "CI=")
	if out, err := cmd.CombinedOutput(); err != nil {
		b.Fatalf("dive: %v\n%s", err, out)
	}
	return maxRSS(cmd.ProcessState)
}
