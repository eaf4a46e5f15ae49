package doctor

import (
	"cmp"
	"fmt"
	"io/fs"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/stagewatch/stagewatch/engine/event"
	"github.com/stagewatch/stagewatch/engine/human"
	"github.com/stagewatch/stagewatch/engine/plan"
	"github.com/stagewatch/stagewatch/engine/tree"
)

// heavy are folders that hardly ever belong into an image, and that slow every build down.
var heavy = []string{".git", "node_modules", "venv", ".venv", "__pycache__", ".tox", ".mypy_cache"}

// largest is how many of the largest files are named.
const largest = 3

// file is a file of the context with its size.
type file struct {
	path string
	size int64
}

// contents is what the context contains.
type contents struct {
	files   []file
	bytes   int64
	heavy   []string
	folders int
	// ignored counts the paths that the rules leave out. An ignored folder counts as one.
	ignored int
}

func (x *examination) checkContext() {
	c, rules := x.contents(), x.context().Rules()
	x.folders = c.folders
	detail := fmt.Sprintf("%s, %s", human.Count(len(c.files), "file"), human.Bytes(c.bytes))
	switch {
	case rules.Name() == "":
		detail += "; there is no .dockerignore"
	default:
		detail += fmt.Sprintf("; %s ignored by %s", human.Count(c.ignored, "path"), filepath.Base(rules.Name()))
	}
	if left := x.leftOut(); left != "" {
		detail += "; left out: " + left
	}
	if names := c.largest(); names != "" {
		detail += "; largest: " + names
	}
	read := slices.DeleteFunc(c.heavy, func(dir string) bool { return !x.reads(dir) })
	if len(read) > 0 {
		x.note("context", "Add what no image needs to .dockerignore: "+strings.Join(patterns(read), " "),
			"%s; read by the build: %s", detail, strings.Join(read, ", "))
		return
	}
	x.ok("context", "%s", detail)
}

// contents walks the context, and the disk to count what is ignored.
func (x *examination) contents() contents {
	var c contents
	root, err := filepath.EvalSymlinks(x.project.Root())
	if err != nil {
		root = x.project.Root()
	}
	snap := x.context()
	rules := snap.Rules()
	snap.Walk("", func(rel string, e tree.Entry) bool {
		switch {
		case e.Mode.IsDir():
			if slices.Contains(heavy, path.Base(rel)) && !c.within(rel) {
				c.heavy = append(c.heavy, rel)
			}
		case e.Mode.IsRegular():
			c.files = append(c.files, file{rel, e.Size})
			c.bytes += e.Size
		default:
			c.files = append(c.files, file{rel, 0})
		}
		return true
	})
	_ = filepath.WalkDir(root, func(abs string, d fs.DirEntry, err error) error {
		rel, relErr := filepath.Rel(root, abs)
		if err != nil || relErr != nil || rel == "." {
			return nil
		}
		rel = filepath.ToSlash(rel)
		if d.IsDir() && unwatched(rules, rel) {
			return fs.SkipDir
		}
		if d.IsDir() {
			c.folders++
		}
		if out, rule := rules.Match(rel); out && !rule.Own() && !rules.SkipDir(path.Dir(rel)) {
			c.ignored++
		}
		return nil
	})
	return c
}

// leftOut says what rules besides the ignore file leave out, and by which rule.
func (x *examination) leftOut() string {
	var rules []string
	paths := map[string][]string{}
	for _, i := range x.project.LeftOut() {
		rule := i.Rule.String()
		if paths[rule] == nil {
			rules = append(rules, rule)
		}
		paths[rule] = append(paths[rule], i.Path)
	}
	for i, rule := range rules {
		of := paths[rule]
		rules[i] = of[0]
		if n := len(of) - 1; n > 0 {
			rules[i] += fmt.Sprintf(" and %d more", n)
		}
		rules[i] += ", by " + rule
	}
	return strings.Join(rules, "; ")
}

// within reports whether rel is below one of the heavy folders found so far.
func (c *contents) within(rel string) bool {
	return slices.ContainsFunc(c.heavy, func(dir string) bool { return strings.HasPrefix(rel, dir+"/") })
}

// largest returns the names and sizes of the largest files.
func (c *contents) largest() string {
	files := slices.Clone(c.files)
	slices.SortStableFunc(files, func(a, b file) int { return cmp.Compare(b.size, a.size) })
	var names []string
	for _, f := range files[:min(largest, len(files))] {
		names = append(names, fmt.Sprintf("%s %s", f.path, human.Bytes(f.size)))
	}
	return strings.Join(names, ", ")
}

// reads reports whether a step that the target needs reads something below the folder.
func (x *examination) reads(dir string) bool {
	if x.plan == nil {
		return true
	}
	read := false
	x.context().Walk(dir, func(rel string, e tree.Entry) bool {
		if e.Mode.IsRegular() {
			read = x.plan.Reads(plan.Change{Change: event.Change{Path: rel, Kind: event.ContentChanged}}, x.project.Links())
			return false
		}
		return true
	})
	return read
}

// unwatched reports whether stagewatch does not look into a folder: it lies in an ignored one.
func unwatched(rules *tree.Rules, rel string) bool {
	parent := path.Dir(rel)
	return parent != "." && rules.SkipDir(parent)
}

// patterns returns the lines that keep the folders out in an ignore file. A pattern begins at the root unless it begins
// with **/.
func patterns(folders []string) []string {
	var out []string
	for _, f := range folders {
		p := f
		if base := path.Base(f); base != f {
			p = "**/" + base
		}
		if !slices.Contains(out, p) {
			out = append(out, p)
		}
	}
	return out
}
