package tree

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"unicode/utf8"

	"github.com/tonistiigi/fsutil"
	"github.com/tonistiigi/fsutil/types"
	"golang.org/x/sys/unix"
)

// walk is one walk of an FS.
type walk struct {
	ctx context.Context
	fs  *FS
	fn  fs.WalkDirFunc
	// first maps inodes to the first path on the walk, for files with several.
	first map[uint64]string
}

func (w *walk) visit(rel string, n *node) error {
	if err := w.ctx.Err(); err != nil {
		return err
	}
	if rel != "" {
		err := w.fn(filepath.FromSlash(rel), entry{w, rel, n}, nil)
		if errors.Is(err, fs.ErrNotExist) || errors.Is(err, unix.ENOTDIR) {
			err = fs.SkipDir
		}
		if err == fs.SkipDir && n.mode.IsDir() {
			return nil
		}
		if err != nil {
			return err
		}
	}
	switch {
	case n.fault == nil || !n.mode.IsDir():
	case rel == "":
		return w.fs.fail(rel, n.fault)
	default:
		// As in a walk of the disk, a path that is not requested may be unreadable.
		err := w.fn(filepath.FromSlash(rel), entry{w, rel, n}, n.fault)
		if err == fs.SkipDir {
			return nil
		}
		if err != nil {
			return w.fs.fail(rel, err)
		}
	}
	for _, k := range n.kids {
		if err := w.visit(join(rel, k.name), k); err == fs.SkipDir {
			return nil // for a file it means the rest of its folder
		} else if err != nil {
			return err
		}
	}
	return nil
}

// entry is a node on a walk.
type entry struct {
	walk *walk
	rel  string
	node *node
}

func (e entry) Name() string      { return e.node.name }
func (e entry) IsDir() bool       { return e.node.mode.IsDir() }
func (e entry) Type() fs.FileMode { return e.node.mode.Type() }

// Info returns the stat in BuildKit's own type.
func (e entry) Info() (fs.FileInfo, error) {
	n := e.node
	if n.fault != nil && !n.mode.IsDir() {
		return nil, e.walk.fs.fail(e.rel, n.fault)
	}
	if !utf8.ValidString(n.name) || !utf8.ValidString(n.link) {
		return nil, e.walk.fs.fail(e.rel, ErrNotUTF8)
	}
	st := &types.Stat{
		Path: filepath.FromSlash(e.rel),
		// Archives have no sockets; BuildKit reads them as empty files.
		Mode:     uint32(n.mode &^ fs.ModeSocket),
		Uid:      n.uid,
		Gid:      n.gid,
		ModTime:  n.mtime,
		Linkname: n.link,
		Xattrs:   e.xattrs(),
	}
	switch {
	case n.mode&fs.ModeDevice != 0:
		st.Devmajor, st.Devminor = int64(unix.Major(uint64(n.size))), int64(unix.Minor(uint64(n.size)))
	case n.mode.IsRegular():
		st.Size = n.size
	case n.mode&fs.ModeSymlink != 0:
		st.Size = int64(len(n.link))
	}
	if n.linked {
		if first := e.walk.firstOf(e.rel, n); first != "" {
			st.Linkname = first
		}
	}
	return &fsutil.StatInfo{Stat: st}, nil
}

// xattrs reads the extended attributes, unless the node is known to have none.
func (e entry) xattrs() map[string][]byte {
	if f := e.node.known.Load(); f != nil && f.xattrs == 0 {
		return nil
	}
	return attributes(e.walk.fs.snap.abs(e.rel))
}

// firstOf returns the path on the walk that n is another name of, "" if n is the first itself.
func (w *walk) firstOf(rel string, n *node) string {
	first, ok := w.first[n.inode]
	if !ok {
		w.first[n.inode] = rel
		return ""
	}
	// The same inode on another file system below the context is another file.
	if first == rel || !sameFile(w.fs.snap.abs(first), w.fs.snap.abs(rel)) {
		return ""
	}
	return first
}

func sameFile(a, b string) bool {
	first, err := os.Lstat(a)
	if err != nil {
		return false
	}
	second, err := os.Lstat(b)
	return err == nil && os.SameFile(first, second)
}
