package tree

import (
	"context"
	"crypto/sha256"
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

	"github.com/tonistiigi/fsutil"
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
	// moved are the files that were written to after the snapshot was taken, and were read all the same: the [Digest] of
	// what was read by path, zero where that is not known.
	moved sync.Map
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

// Moved returns the files that were requested and had been written to after the snapshot was taken, with the digest of what
// was served of them, zero where that is not known.
func (f *FS) Moved() map[string]Digest {
	served := map[string]Digest{}
	f.moved.Range(func(path, content any) bool {
		served[path.(string)] = content.(Digest)
		return true
	})
	return served
}

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
		return &servedFile{file, file, func(error) {
			if now, err := statOpen(int(file.Fd())); err != nil || now != m {
				f.moved.Store(rel, Digest{})
			}
		}}, nil
	}
	f.moved.Store(rel, Digest{})
	switch {
	case err != nil && !isGone(err):
		return brokenFile{f, f.fail(rel, err)}, nil // an error of Open would be sent as an empty file
	case f.strict:
		file.Close()
		return brokenFile{f, ErrMoved}, nil
	case err != nil:
		return nil, err
	}
	sum := sha256.New()
	return &servedFile{io.TeeReader(file, sum), file, func(err error) {
		if err == io.EOF {
			f.moved.Store(rel, Digest(sum.Sum(nil)))
		}
	}}, nil
}

// servedFile is a file that tells how reading it ended.
type servedFile struct {
	content io.Reader
	file    *os.File
	ended   func(error)
}

func (f *servedFile) Read(p []byte) (int, error) {
	n, err := f.content.Read(p)
	if err != nil {
		f.ended(err)
	}
	return n, err
}

func (f *servedFile) Close() error { return f.file.Close() }

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
