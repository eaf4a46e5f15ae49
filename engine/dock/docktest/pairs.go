package docktest

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"syscall"
	"testing"
	"time"
)

// Pairs are the times of doing the same thing in several ways, in turn, so that whatever else the machine does slows
// all of them down. The first way is ours.
type Pairs struct {
	ways  []string
	times map[string][]time.Duration
}

// Add records a time. A way that is not possible here is simply never added.
func (p *Pairs) Add(way string, took time.Duration) {
	if p.times == nil {
		p.times = map[string][]time.Duration{}
	}
	if p.times[way] == nil {
		p.ways = append(p.ways, way)
	}
	p.times[way] = append(p.times[way], took)
}

// Time records how long fn takes.
func (p *Pairs) Time(way string, fn func()) {
	began := time.Now()
	fn()
	p.Add(way, time.Since(began))
}

// Processor records how much processor time this process uses while fn runs.
func (p *Pairs) Processor(way string, fn func()) {
	began := busy()
	fn()
	p.Add(way, busy()-began)
}

func busy() time.Duration {
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err != nil {
		panic(err)
	}
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}

// Ways returns how many ways were measured.
func (p *Pairs) Ways() int { return len(p.ways) }

// Report reports the median of each way in milliseconds, and how many times as long ours takes.
func (p *Pairs) Report(b *testing.B) {
	b.Helper()
	ours := p.median(p.ways[0])
	for i, way := range p.ways {
		theirs := p.median(way)
		b.ReportMetric(float64(theirs.Microseconds())/1000, "ms-"+way)
		if i > 0 {
			b.ReportMetric(float64(ours)/float64(theirs), fmt.Sprint("x-", way))
		}
	}
	b.ReportMetric(0, "ns/op") // the sum of all ways says nothing
}

func (p *Pairs) median(way string) time.Duration {
	sorted := slices.Sorted(slices.Values(p.times[way]))
	return sorted[len(sorted)/2]
}

// Client returns a docker command that builds with BuildKit, "" if none is installed.
func Client(b *testing.B) string {
	for _, dir := range filepath.SplitList(os.Getenv("PATH")) {
		client := filepath.Join(dir, "docker")
		cmd := exec.CommandContext(b.Context(), client, "build", "--help")
		cmd.Env = append(os.Environ(), "DOCKER_BUILDKIT=1")
		if cmd.Run() == nil {
			return client
		}
	}
	return ""
}
