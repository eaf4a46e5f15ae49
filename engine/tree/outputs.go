package tree

import (
	"io/fs"
	"os"
	"path/filepath"
	"sync"
)

// Outputs are the files that this program itself writes, wherever they are and whatever their names. A write to one of
// them is never a change, or each change would lead to the next. A nil *Outputs is empty. It is safe for concurrent
// use.
type Outputs struct {
	mu    sync.Mutex
	files []fs.FileInfo
	// pipes are the inodes of pipes to other programs, behind the files that those programs write to.
	pipes  []uint64
	behind []fs.FileInfo
}

// Add adds an open file. For a pipe it adds the files behind it: output that passes through tee is still ours.
func (o *Outputs) Add(file *os.File) {
	info, err := file.Stat()
	if o == nil || err != nil {
		return
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	switch info.Mode().Type() {
	case 0:
		o.files = append(o.files, info)
	case fs.ModeNamedPipe:
		o.pipes = append(o.pipes, inodeOf(info))
	}
}

// lookBehind updates which files are behind the pipes.
func (r *Rules) lookBehind() {
	if r == nil || r.outputs == nil {
		return
	}
	o := r.outputs
	o.mu.Lock()
	defer o.mu.Unlock()
	if len(o.pipes) > 0 {
		o.behind = behind(o.pipes)
	}
}

// holds reports whether the path with the inode is one of the files.
func (o *Outputs) holds(path string, inode uint64) bool {
	if o == nil {
		return false
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, files := range [][]fs.FileInfo{o.files, o.behind} {
		for _, f := range files {
			if inodeOf(f) != inode {
				continue
			}
			if info, err := os.Lstat(path); err == nil && os.SameFile(info, f) {
				return true
			}
		}
	}
	return false
}

// Holds reports whether this program writes the file at a path.
func (o *Outputs) Holds(path string) bool {
	m, err := statPath(path)
	return err == nil && o.holds(path, m.inode)
}

// Writes reports whether this program writes the file at a path of the context at the moment.
func (t *Tree) Writes(rel string) bool {
	abs := filepath.Join(t.root, filepath.FromSlash(rel))
	m, err := statPath(abs)
	return err == nil && t.now.Load().rules.writes(abs, m)
}

// writes reports whether this program writes the file at path.
func (r *Rules) writes(path string, m meta) bool {
	return r != nil && m.mode.IsRegular() && r.outputs.holds(path, m.inode)
}
