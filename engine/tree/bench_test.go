package tree

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/moby/patternmatcher/ignorefile"
	"github.com/tonistiigi/fsutil"

	"github.com/stagewatch/stagewatch/engine/dock/docktest"
)

// rulesOfAProject are as many rules as a project usually has.
const rulesOfAProject = ".git\n**/__pycache__\n**/*.pyc\nnode_modules\nDockerfile\n.dockerignore\n*.md\n!README.md\n"

var sizes = []int{10_000, 100_000}

func perSize(b *testing.B, bench func(b *testing.B, root string)) {
	for _, size := range sizes {
		b.Run(fmt.Sprint(size), func(b *testing.B) { bench(b, manyFiles(b, size)) })
	}
}

// manyFiles makes a tree of small files, 25 in a folder, 4 levels deep.
func manyFiles(b *testing.B, count int) string {
	b.Helper()
	root := b.TempDir()
	for i := range count {
		dir := filepath.Join(root, fmt.Sprintf("part%d/pkg%d/mod%d", i/2500, i/250%10, i/25%10))
		if i%25 == 0 {
			must(b, os.MkdirAll(dir, 0o755))
		}
		must(b, os.WriteFile(filepath.Join(dir, fmt.Sprintf("file%d.py", i)), fmt.Appendf(nil, "print(%d)\n", i), 0o644))
	}
	return root
}

// BenchmarkLoad walks without hashing, and reports how much memory a tree takes once it is hashed.
func BenchmarkLoad(b *testing.B) {
	perSize(b, func(b *testing.B, root string) {
		b.ReportAllocs()
		rules, err := ParseRules("x", []byte(rulesOfAProject))
		must(b, err)
		for b.Loop() {
			_, err := walkOnly(b, root, rules)
			must(b, err)
		}
		b.StopTimer()
		before := heap()
		s, err := walkOnly(b, root, rules)
		must(b, err)
		s.root.each("", func(rel string, n *node) bool { must(b, s.learn(rel, n)); return true })
		b.ReportMetric(float64(heap()-before)/1e6, "MB-kept")
		runtime.KeepAlive(s)
	})
}

// walkOnly is Load without the hashing in the background.
func walkOnly(b *testing.B, root string, rules *Rules) (*Snapshot, error) {
	t := &Tree{root: root, rules: rules, wake: make(chan struct{}, 1)}
	n, err := t.scan(b.Context(), rules, nil)
	return &Snapshot{dir: n.dir, root: n.root}, err
}

func heap() int64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

// BenchmarkHash hashes all files, one after the other as the background goroutine does.
func BenchmarkHash(b *testing.B) {
	perSize(b, func(b *testing.B, root string) {
		for b.Loop() {
			b.StopTimer()
			s, err := walkOnly(b, root, nil)
			must(b, err)
			b.StartTimer()
			s.root.each("", func(rel string, n *node) bool { must(b, s.learn(rel, n)); return true })
		}
	})
}

// BenchmarkUpdate writes one file and updates the tree.
func BenchmarkUpdate(b *testing.B) {
	perSize(b, func(b *testing.B, root string) {
		b.ReportAllocs()
		tr := learned(b, root, rulesOfAProject)
		path := []string{"part1/pkg2/mod3/file2825.py"}
		i := 0
		for b.Loop() {
			i++
			must(b, os.WriteFile(filepath.Join(root, path[0]), fmt.Appendf(nil, "print(%9d)\n", i), 0o644))
			changes, err := tr.Update(b.Context(), path)
			must(b, err)
			if len(changes.Changed) != 1 {
				b.Fatalf("got %+v", changes)
			}
		}
	})
}

// BenchmarkUpdateMany updates 10,000 paths of which none changed, as after the switch of a branch.
func BenchmarkUpdateMany(b *testing.B) {
	perSize(b, func(b *testing.B, root string) {
		b.ReportAllocs()
		tr := learned(b, root, rulesOfAProject)
		var paths []string
		tr.Snapshot().Walk("", func(rel string, e Entry) bool {
			if e.Mode.IsRegular() {
				paths = append(paths, rel)
			}
			return len(paths) < 10_000
		})
		for b.Loop() {
			_, err := tr.Update(b.Context(), paths)
			must(b, err)
		}
	})
}

// BenchmarkRescan compares a tree in which nothing changed, in turn with the walk and the stats that BuildKit's client
// makes for each build.
func BenchmarkRescan(b *testing.B) {
	perSize(b, func(b *testing.B, root string) {
		tr := learned(b, root, rulesOfAProject)
		var pairs docktest.Pairs
		for b.Loop() {
			pairs.Time("ours", func() {
				_, err := tr.Rescan(b.Context())
				must(b, err)
			})
			pairs.Time("floor", func() { walkAsBuildKit(b, root) })
		}
		pairs.Report(b)
	})
}

// BenchmarkServe sends the stats of a tree from memory, in turn with the same from the disk.
func BenchmarkServe(b *testing.B) {
	perSize(b, func(b *testing.B, root string) {
		tr := learned(b, root, rulesOfAProject)
		var pairs docktest.Pairs
		for b.Loop() {
			pairs.Time("ours", func() { walkAll(b, tr.Snapshot().FS(false)) })
			pairs.Time("floor", func() { walkAsBuildKit(b, root) })
		}
		pairs.Report(b)
	})
}

func walkAsBuildKit(b *testing.B, root string) {
	disk, err := fsutil.NewFS(root)
	must(b, err)
	patterns, err := ignorefile.ReadAll(strings.NewReader(rulesOfAProject))
	must(b, err)
	filtered, err := fsutil.NewFilterFS(disk, &fsutil.FilterOpt{ExcludePatterns: patterns})
	must(b, err)
	walkAll(b, filtered)
}

func walkAll(b *testing.B, f fsutil.FS) {
	must(b, f.Walk(b.Context(), "/", func(_ string, d fs.DirEntry, err error) error {
		if err == nil {
			_, err = d.Info()
		}
		return err
	}))
}

// BenchmarkWalk measures reading the whole context.
func BenchmarkWalk(b *testing.B) {
	perSize(b, func(b *testing.B, root string) {
		s := load(b, root, "").Snapshot()
		for b.Loop() {
			s.Walk("", func(string, Entry) bool { return true })
		}
	})
}
