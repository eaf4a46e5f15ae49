package watch_test

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/stagewatch/stagewatch/watch"
)

// A folder is watched except for its cache, and a save is one batch of paths.
func Example() {
	root, err := os.MkdirTemp("", "")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(root)

	w, err := watch.New(root, watch.Options{Ignore: func(rel string, isDir bool) bool { return isDir && rel == ".git" }})
	if err != nil {
		panic(err)
	}
	defer w.Close()

	if err := os.WriteFile(filepath.Join(root, "main.py"), []byte("print(1)\n"), 0o644); err != nil {
		panic(err)
	}
	batch := <-w.Batches()
	fmt.Println(batch.Paths)
	// Output: [main.py]
}
