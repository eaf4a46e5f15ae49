package plan_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// TestProof builds random Dockerfiles over random trees on the real engine, edits them at random, and fails
// where a step ran that the plan had promised to be a hit. It prints how good the other predictions were.
//
//	PROOF_CASES=1000   how many edits to build, 200 unless told
//	PROOF_FOR=8h       go on for that long, whatever the number
//	PROOF_SEED=42      the seed, which a failure names; another one at every run unless told
//
// A counter-example is shrunk and printed in full. It belongs into the table of TestPredict.
func TestProof(t *testing.T) {
	if testing.Short() {
		t.Skip("builds for minutes, and -short says to be quick")
	}
	proof(t, newProver(t))
}

// TestProofOnBuildkitd does it on the BuildKit whose frontend is ours.
func TestProofOnBuildkitd(t *testing.T) {
	if testing.Short() {
		t.Skip("builds for minutes, and -short says to be quick")
	}
	proof(t, newBuildkitdProver(t))
}

func proof(t *testing.T, prover *prover) {
	seed := uint64(time.Now().UnixNano())
	if s := os.Getenv("PROOF_SEED"); s != "" {
		n, err := strconv.ParseUint(s, 10, 64)
		if err != nil {
			t.Fatalf("reading PROOF_SEED: %v", err)
		}
		seed = n
	}
	more := enough(t, prover)
	start := time.Now()
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	var next atomic.Uint64
	var workers sync.WaitGroup
	for worker := range 2 {
		dir := filepath.Join(t.TempDir(), fmt.Sprint(worker))
		workers.Go(func() {
			for more() && ctx.Err() == nil {
				n := next.Add(1)
				worlds := script(seed, n, prover.patterns())
				broken, err := prover.prove(ctx, dir, worlds)
				switch {
				case ctx.Err() != nil:
				case err != nil:
					t.Errorf("seed %d, script %d: %v", seed, n, err)
					stop()
				case broken != nil:
					stop()
					report(t, prover, dir, worlds, broken, fmt.Sprintf("seed %d, script %d", seed, n))
				}
			}
		})
	}
	workers.Wait()
	t.Logf("seed %d, %v\n%s", seed, time.Since(start).Round(time.Second), &prover.total)
}

// enough tells when to stop: by number, or by time.
func enough(t *testing.T, p *prover) (more func() bool) {
	if s := os.Getenv("PROOF_FOR"); s != "" {
		d, err := time.ParseDuration(s)
		if err != nil {
			t.Fatalf("reading PROOF_FOR: %v", err)
		}
		end := time.Now().Add(d)
		return func() bool { return time.Now().Before(end) }
	}
	want := 200
	if s := os.Getenv("PROOF_CASES"); s != "" {
		n, err := strconv.Atoi(s)
		if err != nil {
			t.Fatalf("reading PROOF_CASES: %v", err)
		}
		want = n
	}
	return func() bool {
		p.mu.Lock()
		defer p.mu.Unlock()
		return p.total.cases < want
	}
}

// script is a world and some edits of it, the same for the same numbers.
func script(seed, n uint64, patterns bool) []world {
	const edits = 7
	r := newRandom(seed, n, patterns)
	worlds := []world{r.world()}
	for tries := 0; !worlds[0].builds() && tries < 20; tries++ {
		worlds[0] = r.world()
	}
	for range edits {
		worlds = append(worlds, r.edit(worlds))
	}
	return worlds
}

// report shrinks a counter-example and prints it.
func report(t *testing.T, p *prover, dir string, worlds []world, b *broken, name string) {
	p.mu.Lock()
	p.shrinking = true
	p.mu.Unlock()
	worlds, b = shrink(worlds, b, func(smaller []world) *broken {
		found, err := p.prove(t.Context(), dir, smaller)
		if err != nil {
			return nil
		}
		return found
	})
	var out strings.Builder
	for _, w := range worlds[:b.at+1] {
		fmt.Fprintf(&out, "%s\n", w)
	}
	t.Errorf("%s, build %d: %s\n%s", name, b.at, b.why, &out)
}
