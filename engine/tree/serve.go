package tree

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"unicode/utf8"

	"github.com/tonistiigi/fsutil"
	"github.com/tonistiigi/fsutil/types"
	"golang.org/x/sys/unix"
)

// ErrMoved says that a file is no longer what it was when the snapshot was taken.
var ErrMoved = errors.New("the context has just changed")

// FS serves a snapshot to BuildKit: the entries from memory, and the contents of the files that BuildKit asks for from
// the disk. It is safe for concurrent use.
type FS struct {
	snap *Snapshot
	// strict makes the reading of a file fail if the file has changed.
	strict bool
	moved  atomic.Bool
	// failed is the first path that was requested and could not be read.
	failed atomic.Pointer[ReadError]
	broken chan struct{}
	breaks sync.Once
	err    error // why it is broken
}

var _ fsutil.FS = (*FS)(nil)

// FS returns a file system of the snapshot. If strict is set, reading a file that was written to after the snapshot
// fails with [ErrMoved]; otherwise it returns the new content, as in any build from the disk.
func (s *Snapshot) FS(strict bool) *FS {
	return &FS{snap: s, strict: strict, broken: make(chan struct{})}
}

// Broken returns a channel that is closed when reading a file has failed.
func (f *FS) Broken() <-chan struct{} { return f.broken }

// Err returns why reading failed, once Broken is closed.
func (f *FS) Err() error { return f.err }

// Snapshot returns the snapshot that is served.
func (f *FS) Snapshot() *Snapshot { return f.snap }

// Unfiltered removes those patterns from a transfer's filter that the snapshot's own rules apply anyway.
func (f *FS) Unfiltered(filter *fsutil.FilterOpt) {
	if slices.Equal(filter.ExcludePatterns, f.snap.rules.Patterns()) {
		filter.ExcludePatterns = nil
	}
}

// Moved reports whether a file was requested that was written to after the snapshot was taken.
func (f *FS) Moved() bool { return f.moved.Load() }

// Failed returns the first path that was requested and could not be read, nil if there was none.
func (f *FS) Failed() *ReadError { return f.failed.Load() }

// fail records a path that could not be read, and returns the error.
func (f *FS) fail(rel string, err error) error {
	e := newReadError(rel, err)
	f.failed.CompareAndSwap(nil, e)
	return e
}

// Walk calls fn for the path target and everything below it except the root itself, as [filepath.WalkDir] does.
func (f *FS) Walk(ctx context.Context, target string, fn fs.WalkDirFunc) error {
	target = strings.Trim(path.Clean("/"+filepath.ToSlash(target)), "/")
	n := f.snap.find(target)
	if n == nil {
		return nil
	}
	w := &walk{ctx: ctx, fs: f, fn: fn, first: map[uint64]string{}}
	err := w.visit(target, n)
	if errors.Is(err, fs.SkipDir) || errors.Is(err, fs.SkipAll) {
		return nil
	}
	return err
}

func (f *FS) Open(name string) (io.ReadCloser, error) {
	rel := strings.Trim(path.Clean("/"+filepath.ToSlash(name)), "/")
	n := f.snap.find(rel)
	if n == nil || !n.mode.IsRegular() {
		return nil, &fs.PathError{Op: "open", Path: rel, Err: ErrNotFile}
	}
	// Without O_NONBLOCK, a pipe in the file's place would block.
	file, err := os.OpenFile(f.snap.abs(rel), os.O_RDONLY|unix.O_NONBLOCK, 0)
	var m meta
	if err == nil {
		m, err = statOpen(int(file.Fd()))
	}
	if err == nil && m == n.meta {
		return file, nil
	}
	f.moved.Store(true)
	switch {
	case err != nil && !isGone(err):
		return brokenFile{f, f.fail(rel, err)}, nil // an error of Open would be sent as an empty file
	case f.strict:
		file.Close()
		return brokenFile{f, ErrMoved}, nil
	}
	return file, err
}

// brokenFile is a file that fails to be read.
type brokenFile struct {
	fs  *FS
	err error
}

func (f brokenFile) Read([]byte) (int, error) {
	f.fs.breaks.Do(func() {
		f.fs.err = f.err
		close(f.fs.broken)
	})
	return 0, f.err
}

func (brokenFile) Close() error { return nil }

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
