// Typecheck checks the types of all packages, tests included, as they are on other systems. It needs no C compiler and no
// headers of such a system: what "C" declares is taken as given. So it sees files that no build on this machine sees.
//
//	go run ./testdata/lint/typecheck darwin/arm64/cgo linux/arm64 …
package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
)

// listed is a package as `go list -json` prints it, as far as it is needed.
type listed struct {
	ImportPath, Dir   string
	GoFiles, CgoFiles []string
	ImportMap         map[string]string
	Module            *struct{ Main bool }
	Error             *struct{ Err string }
}

func main() {
	failed := false
	for _, system := range os.Args[1:] {
		errs := check(system)
		// A package is checked once more with its tests.
		said := map[string]bool{}
		for _, err := range errs {
			if text := err.Error(); !said[text] && len(said) < 20 {
				said[text] = true
				fmt.Fprintf(os.Stderr, "typecheck: %s: %s\n", system, text)
			}
		}
		failed = failed || len(errs) > 0
	}
	if failed {
		os.Exit(1)
	}
}

// check returns what is wrong in our own packages on a system, GOOS/GOARCH or GOOS/GOARCH/cgo.
func check(system string) (errs []error) {
	part := strings.Split(system, "/")
	if len(part) < 2 {
		return []error{errors.New("want GOOS/GOARCH or GOOS/GOARCH/cgo")}
	}
	cgo := "CGO_ENABLED=0"
	if len(part) > 2 {
		cgo = "CGO_ENABLED=1"
	}
	cmd := exec.Command("go", "list", "-e", "-deps", "-test", "-json=ImportPath,Dir,GoFiles,CgoFiles,ImportMap,Module,Error", "./...")
	cmd.Env = append(os.Environ(), "GOOS="+part[0], "GOARCH="+part[1], cgo)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		return []error{err}
	}
	files := token.NewFileSet()
	done := map[string]*types.Package{"unsafe": types.Unsafe}
	sizes := types.SizesFor("gc", part[1])
	// Each package comes after those that it imports.
	for in := json.NewDecoder(out); ; {
		var p listed
		if err := in.Decode(&p); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			return []error{fmt.Errorf("reading what go list prints: %w", err)}
		}
		ours := p.Module != nil && p.Module.Main
		if ours && p.Error != nil {
			errs = append(errs, errors.New(p.Error.Err))
		}
		if p.ImportPath == "unsafe" || strings.HasSuffix(p.ImportPath, ".test") {
			continue
		}
		parsed, parseErrs := parse(files, p)
		config := types.Config{
			Importer: importer{p.ImportMap, done}, Sizes: sizes, FakeImportC: true, IgnoreFuncBodies: !ours,
			Error: func(err error) {
				// What is made of "C" has no type here.
				if ours && !strings.Contains(err.Error(), "with invalid type") {
					errs = append(errs, err)
				}
			},
		}
		if ours {
			errs = append(errs, parseErrs...)
		}
		// The error is one of those that were passed to Error.
		path, _, _ := strings.Cut(p.ImportPath, " ")
		done[p.ImportPath], _ = config.Check(path, files, parsed, nil)
	}
	if err := cmd.Wait(); err != nil {
		errs = append(errs, err)
	}
	return errs
}

func parse(files *token.FileSet, p listed) (parsed []*ast.File, errs []error) {
	names := append(p.GoFiles, p.CgoFiles...)
	parsed = make([]*ast.File, len(names))
	failures := make([]error, len(names))
	var all sync.WaitGroup
	for i, name := range names {
		all.Go(func() {
			parsed[i], failures[i] = parser.ParseFile(files, filepath.Join(p.Dir, name), nil, parser.SkipObjectResolution)
		})
	}
	all.Wait()
	for _, err := range failures {
		if err != nil {
			errs = append(errs, err)
		}
	}
	return parsed, errs
}

// importer finds packages among those that were checked before.
type importer struct {
	renamed map[string]string
	done    map[string]*types.Package
}

func (i importer) Import(path string) (*types.Package, error) {
	if id, is := i.renamed[path]; is {
		path = id
	}
	if p := i.done[path]; p != nil {
		return p, nil
	}
	return nil, fmt.Errorf("no package %s was listed", path)
}
