package plan_test

import (
	"archive/tar"
	"bytes"
	"cmp"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// nonce stands in Dockerfiles and files for a word that no build has seen before. Without it a step could be
// in the cache from another script, and a broken promise go unseen.
const nonce = "NONCE"

// world is all that a build is made of, as a value: two of them tell what an edit wrote.
type world struct {
	// note says what was edited since the world before.
	note   string
	files  map[string]file
	header []instruction
	stages []stage
	// ignore is the .dockerignore, nil for none.
	ignore []string
	args   map[string]string
	target string
}

type stage struct {
	from  instruction
	steps []instruction
}

// instruction is a line of the Dockerfile, or several. Its id stays when it is edited, so that shrinking can
// drop it from every world.
type instruction struct {
	id   int
	text string
	// makes is the path in the stage that the instruction fills, for others to copy from.
	makes string
	// needs are the paths of the context without which the instruction fails, wants the path of another stage.
	needs []string
	wants string
}

// file is one path of the context: a folder, a symbolic link, a hard link, a tar or a plain file.
type file struct {
	mode   fs.FileMode
	text   string // content, or where a link points to
	hard   string // the path that it is another name of
	tar    bool
	writes int // rewrites and touches that leave everything as it was
}

func (w world) clone() world {
	w.files = maps.Clone(w.files)
	w.header = slices.Clone(w.header)
	w.ignore = slices.Clone(w.ignore)
	w.args = maps.Clone(w.args)
	w.stages = slices.Clone(w.stages)
	for i := range w.stages {
		w.stages[i].steps = slices.Clone(w.stages[i].steps)
	}
	return w
}

func (w world) dockerfile() string {
	var b strings.Builder
	for _, i := range w.header {
		fmt.Fprintln(&b, i.text)
	}
	for _, s := range w.stages {
		fmt.Fprintln(&b, s.from.text)
		for _, i := range s.steps {
			fmt.Fprintln(&b, i.text)
		}
	}
	return b.String()
}

// attrs are the frontend attributes of the world.
func (w world) attrs() map[string]string {
	out := map[string]string{}
	for k, v := range w.args {
		out["build-arg:"+k] = v
	}
	if w.target != "" {
		out["target"] = w.target
	}
	return out
}

// onDisk is what the folder holds: the context's files with the Dockerfile and the ignore file among them.
func (w world) onDisk() map[string]file {
	all := maps.Clone(w.files)
	all["Dockerfile"] = file{mode: 0o644, text: w.dockerfile()}
	if w.ignore != nil {
		all[".dockerignore"] = file{mode: 0o644, text: strings.Join(w.ignore, "\n") + "\n"}
	}
	return all
}

// write makes dir hold w where it held old, with word for the nonce, and returns the paths that it wrote to,
// as a watcher would report them.
func (w world) write(dir, word string, old world) ([]string, error) {
	before, after := map[string]file{}, w.onDisk()
	if old.files != nil {
		before = old.onDisk()
	}
	var touched []string
	for _, name := range slices.Backward(sorted(before)) {
		if now, ok := after[name]; !ok || now.mode.Type() != before[name].mode.Type() {
			touched = append(touched, name)
			if err := os.RemoveAll(filepath.Join(dir, name)); err != nil {
				return nil, err
			}
			delete(before, name)
		}
	}
	// Hard links come last: what they name must be there.
	names := sorted(after)
	slices.SortStableFunc(names, func(a, b string) int { return cmp.Compare(len(after[a].hard), len(after[b].hard)) })
	for _, name := range names {
		f := after[name]
		was, there := before[name]
		relinked := f.hard != "" && before[f.hard] != after[f.hard]
		if there && was == f && !relinked {
			continue
		}
		touched = append(touched, name)
		if err := f.put(dir, name, word, was, there); err != nil {
			return nil, err
		}
	}
	slices.Sort(touched)
	return slices.Compact(touched), nil
}

// put writes one path. A plain file is replaced by renaming, as editors save; a hard link so stays with the
// old content under its other name.
func (f file) put(dir, name, word string, was file, there bool) error {
	at := filepath.Join(dir, name)
	switch {
	case f.mode.IsDir():
		if !there {
			if err := os.Mkdir(at, 0o755); err != nil {
				return err
			}
		}
		return os.Chmod(at, f.mode.Perm())
	case f.mode.Type() == fs.ModeSymlink:
		if there {
			if err := os.Remove(at); err != nil {
				return err
			}
		}
		return os.Symlink(f.text, at)
	case f.hard != "":
		if there {
			if err := os.Remove(at); err != nil {
				return err
			}
		}
		return os.Link(filepath.Join(dir, f.hard), at)
	case there && was.text == f.text && was.mode == f.mode && was.hard == f.hard && f.writes%2 == 1:
		later := time.Now().Add(time.Duration(f.writes) * time.Second)
		return os.Chtimes(at, later, later)
	}
	data := []byte(strings.ReplaceAll(f.text, nonce, word))
	if f.tar {
		data = archive(strings.ReplaceAll(f.text, nonce, word))
	}
	aside := filepath.Join(filepath.Dir(dir), "aside-"+filepath.Base(dir))
	if err := os.WriteFile(aside, data, 0o600); err != nil {
		return err
	}
	if err := os.Chmod(aside, f.mode.Perm()); err != nil {
		return err
	}
	return os.Rename(aside, at)
}

// archive is a tar that holds the text in a folder.
func archive(text string) []byte {
	var b bytes.Buffer
	t := tar.NewWriter(&b)
	_ = t.WriteHeader(&tar.Header{Name: "packed/", Typeflag: tar.TypeDir, Mode: 0o755, ModTime: time.Unix(0, 0)})
	_ = t.WriteHeader(&tar.Header{Name: "packed/text", Mode: 0o644, Size: int64(len(text)), ModTime: time.Unix(0, 0)})
	_, _ = t.Write([]byte(text))
	_ = t.Close()
	return b.Bytes()
}

func sorted[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }

// String shows a world in full, for a failure that a person must reproduce.
func (w world) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "# %s; target %q, build args %v\n", w.note, w.target, w.args)
	all := w.onDisk()
	for _, name := range sorted(all) {
		f := all[name]
		switch {
		case f.mode.IsDir() || name == "Dockerfile":
			fmt.Fprintf(&b, "%v %s\n", f.mode, name)
		case f.hard != "":
			fmt.Fprintf(&b, "%v %s = %s\n", f.mode, name, f.hard)
		default:
			fmt.Fprintf(&b, "%v %s: %q (writes %d)\n", f.mode, name, f.text, f.writes)
		}
	}
	return b.String() + w.dockerfile()
}
