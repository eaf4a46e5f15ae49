package plan_test

import (
	"fmt"
	"io/fs"
	"math/rand/v2"
	"path"
	"slices"
	"strings"
)

// random makes worlds and edits of them, the same from the same seed.
type random struct {
	*rand.Rand
	// patterns tells that the engine knows --exclude and --parents.
	patterns bool
	ids      int
}

func newRandom(seed, script uint64, patterns bool) *random {
	return &random{Rand: rand.New(rand.NewPCG(seed, script)), patterns: patterns}
}

func pick[T any](r *random, of ...T) T { return of[r.IntN(len(of))] }

func (r *random) chance(percent int) bool { return r.IntN(100) < percent }

func (r *random) id() int {
	r.ids++
	return r.ids
}

// Few names, so that edits, patterns and ignore rules meet.
var (
	folders = []string{"a", "a/b", "src", "src/lib", "src/lib/deep", "docs", "empty"}
	names   = []string{"x.txt", "y.md", "m.py", "run.sh", "z.pyc"}
	links   = []string{"cur", "l.txt", "a/l.txt", "src/up", "src/lib/l"}
	targets = []string{"src", "a", "a/b", "src/lib", "x.txt", "../x.txt", "m.py", "../src/m.py", "..", "cur", "/src/lib", "nowhere"}
	globs   = []string{"*.txt", "*.py", "a/*", "src/*", "src/*.py", "*/x.txt", "s*c/lib", "[as]*", "?", "*/*/*", "src/lib/?.*", "cur/*", "*"}
	rules   = []string{"*.md", "docs", "**/*.pyc", "**/x.txt", "src/lib", "a/*", "/a/b", "*", "*/*.py", "Dockerfile", "!x.txt", "!src/lib", "!src/lib/m.py", "!a/b/x.txt", "!src", "!**/*.py"}
	filters = []string{"*.md", "*.txt", "lib", "**/*.py", "a/b", "x.txt", "*/deep"}
	wide    = []string{"**/*.py", "src/**", "a/b/x.txt", "src/./lib", "*/x.txt", "a"}
)

func (r *random) world() world {
	w := world{note: "first build", files: map[string]file{}, args: map[string]string{}}
	for _, d := range folders {
		if r.chance(70) {
			w.set(d, file{mode: fs.ModeDir | 0o755})
		}
	}
	for range 5 + r.IntN(8) {
		w.set(r.newPath(w), r.file())
	}
	for range r.IntN(3) {
		w.set(pick(r, links...), file{mode: fs.ModeSymlink | 0o777, text: pick(r, targets...)})
	}
	if r.chance(25) {
		w.set("data.tar", file{mode: 0o644, tar: true, text: nonce})
	}
	if r.chance(15) {
		if of := r.existing(w, fs.FileMode.IsRegular); of != "" {
			w.set(pick(r, "hard.txt", "a/hard.txt"), file{mode: w.files[of].mode, hard: of})
		}
	}
	for range r.IntN(5) {
		w.ignore = append(w.ignore, pick(r, rules...))
	}
	r.dockerfile(&w)
	return w
}

func (r *random) file() file {
	return file{mode: pick[fs.FileMode](r, 0o644, 0o644, 0o755, 0o600), text: fmt.Sprintf("%s %d\n", nonce, r.id())}
}

// newPath is a path for a file, which may be there.
func (r *random) newPath(w world) string {
	dirs := append(slices.DeleteFunc(sorted(w.files), func(p string) bool { return !w.files[p].mode.IsDir() }), ".", "new")
	return path.Join(pick(r, dirs...), pick(r, names...))
}

// existing is a path of the world with such a mode, "" where there is none.
func (r *random) existing(w world, is func(fs.FileMode) bool) string {
	all := slices.DeleteFunc(sorted(w.files), func(p string) bool { return !is(w.files[p].mode) || w.files[p].hard != "" })
	if len(all) == 0 {
		return ""
	}
	return pick(r, all...)
}

func anyMode(fs.FileMode) bool      { return true }
func isLink(m fs.FileMode) bool     { return m.Type() == fs.ModeSymlink }
func notSpecial(m fs.FileMode) bool { return m.IsDir() || m.IsRegular() }

// source is something of the context to copy or mount.
func (r *random) source(w world, in *instruction) string {
	p := ""
	switch n := r.IntN(100); {
	case n < 35:
		p = r.existing(w, fs.FileMode.IsRegular)
	case n < 60:
		p = r.existing(w, fs.FileMode.IsDir)
	case n < 72:
		p = r.existing(w, isLink)
	case n < 88:
		return pick(r, globs...)
	}
	if p == "" {
		return "."
	}
	in.needs = append(in.needs, p)
	if w.files[p].mode.IsDir() && r.chance(30) {
		return p + "/"
	}
	return pick(r, "", "", "/", "./") + p
}

func (r *random) dockerfile(w *world) {
	if r.chance(20) {
		w.header = append(w.header, instruction{id: r.id(), text: "# syntax=docker/dockerfile:1"})
	}
	w.header = append(w.header, instruction{id: r.id(), text: "ARG BASE=python:3.9-alpine"})
	for i := range 2 + r.IntN(3) {
		w.stages = append(w.stages, r.stage(*w, i))
	}
	if r.chance(30) {
		w.args["DIR"] = pick(r, "src", "a")
	}
	// Most stages lead to the last one, or there would be little to build.
	end := len(w.stages) - 1
	for i := range end {
		if r.chance(75) {
			in := instruction{id: r.id()}
			in.makes = fmt.Sprintf("/%s/d%d", nonce, in.id)
			r.copyFrom(*w, end, i, &in)
			w.stages[end].steps = append(w.stages[end].steps, in)
		}
	}
	if r.chance(15) {
		if name := stageName(*w, r.IntN(len(w.stages))); strings.Trim(name, "0123456789") != "" {
			w.target = name
		}
	}
}

// stageName is what the stage goes by in FROM and --from: its name, or its index where it has none.
func stageName(w world, i int) string {
	if _, name, ok := strings.Cut(w.stages[i].from.text, " AS "); ok {
		return name
	}
	return fmt.Sprint(i)
}

func (r *random) stage(w world, i int) stage {
	base := pick(r, "python:3.9-alpine", "python:3.9-alpine", "${BASE}", "scratch")
	if i > 0 && r.chance(30) {
		if name := stageName(w, r.IntN(i)); strings.Trim(name, "0123456789") != "" {
			base = strings.ToLower(name) // FROM knows names only, in small letters
		}
	}
	text := "FROM " + base
	if r.chance(70) {
		text += " AS " + pick(r, "s", "Build", "x-") + fmt.Sprint(i)
	}
	s := stage{from: instruction{id: r.id(), text: text}}
	s.steps = append(s.steps, instruction{id: r.id(), text: "WORKDIR /" + nonce, makes: "/" + nonce})
	w.stages = append(slices.Clone(w.stages), s)
	for range 1 + r.IntN(4) {
		at := &w.stages[i]
		at.steps = append(slices.Clone(at.steps), r.instruction(w, i))
	}
	return w.stages[i]
}

// runs reports whether stage i stands on something that has a shell.
func (w world) runs(i int) bool {
	base := strings.Fields(w.stages[i].from.text)[1]
	for j := range i {
		if strings.EqualFold(stageName(w, j), base) {
			return w.runs(j)
		}
	}
	return base != "scratch"
}
