package tree_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"github.com/stagewatch/stagewatch/engine/tree"
)

// Update returns which of the paths that were written to have changed, and which are not in the context.
func Example() {
	root, err := os.MkdirTemp("", "")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(root)
	write := func(name, text string) {
		if err := os.WriteFile(filepath.Join(root, name), []byte(text), 0o644); err != nil {
			panic(err)
		}
	}
	write(".dockerignore", "*.log\n")
	write("main.py", "print(1)\n")

	ctx := context.Background()
	rules, err := tree.LoadRules(root, filepath.Join(root, "Dockerfile"))
	if err != nil {
		panic(err)
	}
	t, err := tree.Load(ctx, root, rules)
	if err != nil {
		panic(err)
	}

	write("main.py", "print(2)\n")
	write("debug.log", "…")
	changes, err := t.Update(ctx, []string{"main.py", "debug.log"})
	if err != nil {
		panic(err)
	}
	for _, c := range changes.Changed {
		fmt.Println("changed:", c.Path)
	}
	for _, i := range changes.Ignored {
		fmt.Println("ignored:", i.Path)
	}
	// Output:
	// changed: main.py
	// ignored: debug.log
}
