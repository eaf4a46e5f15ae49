package watch

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
)

// BenchmarkNew measures how long New takes for a tree with 25 files in each folder.
func BenchmarkNew(b *testing.B) {
	for _, size := range []int{10_000, 100_000} {
		for _, mode := range []string{ModeNotify, ModePoll} {
			b.Run(fmt.Sprintf("%d/%s", size, mode), func(b *testing.B) {
				root := b.TempDir()
				for i := range size {
					dir := filepath.Join(root, fmt.Sprintf("part%d/pkg%d", i/2500, i/25%100))
					if err := os.MkdirAll(dir, 0o755); err != nil {
						b.Fatal(err)
					}
					if err := os.WriteFile(filepath.Join(dir, fmt.Sprint(i)), nil, 0o644); err != nil {
						b.Fatal(err)
					}
				}
				for b.Loop() {
					w, err := New(root, Options{Poll: mode == ModePoll})
					if err != nil {
						b.Fatal(err)
					}
					if w.Mode() != mode {
						b.Fatalf("the mode is %s", w.Mode())
					}
					b.StopTimer()
					w.Close()
					b.StartTimer()
				}
			})
		}
	}
}
