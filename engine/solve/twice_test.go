package solve

import (
	"fmt"
	"sync"
	"testing"
)

// TestTheSameImageAtOnce: builds that make the same image at the same moment do not disturb each other.
func TestTheSameImageAtOnce(t *testing.T) {
	b := newBench(t)
	b.write("Dockerfile", "FROM python:3.9-alpine\nCOPY file .\n")
	for round := range 5 {
		b.write("file", fmt.Sprint("SECRET ", round))
		p := b.plan()
		var all sync.WaitGroup
		for range 4 {
			all.Go(func() {
				if _, err := b.solve(t.Context(), b.builder, p, false); err != nil {
					t.Error(err)
				}
			})
		}
		all.Wait()
	}
}
