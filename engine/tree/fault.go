package tree

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"unicode/utf8"

	"golang.org/x/sys/unix"
)

// ReadError says that a path of the context exists but can't be read or sent.
type ReadError struct {
	// Path is relative to the context, empty for the context's own folder.
	Path string
	Err  error
}

// newReadError cuts the path off that err itself begins with.
func newReadError(rel string, err error) *ReadError {
	var p *fs.PathError
	if errors.As(err, &p) {
		err = p.Err
	}
	return &ReadError{rel, err}
}

func (e *ReadError) Error() string {
	if e.Path == "" {
		return fmt.Sprintf("reading the build context: %v", e.Err)
	}
	return fmt.Sprintf("reading %s of the build context: %v", printable(e.Path), e.Err)
}

func (e *ReadError) Unwrap() error { return e.Err }

// Hint says what to do.
func (e *ReadError) Hint() string {
	switch {
	case errors.Is(e.Err, ErrNotUTF8):
		return "Rename it, or leave it out of the context with a line in .dockerignore."
	case errors.Is(e.Err, unix.EMFILE), errors.Is(e.Err, unix.ENFILE):
		return "Raise the limit on open files (ulimit -n) and start again. A running session tries again by itself once files were closed."
	case errors.Is(e.Err, fs.ErrPermission):
		return "Give the user who runs stagewatch the right to read it, or leave it out of the context with a line in .dockerignore. A running session tries again by itself."
	}
	return "A running session tries again by itself once it can be read."
}

// ErrNotUTF8 says that BuildKit's protocol can't carry a name.
var ErrNotUTF8 = errors.New("its name, or the path that it links to, is not valid UTF-8")

// printable quotes a path that can't be shown on a screen as it is.
func printable(path string) string {
	if quoted := strconv.Quote(path); !utf8.ValidString(path) || len(quoted) != len(path)+2 {
		return quoted
	}
	return path
}

// Readable reports whether a path that could not be read can be read now.
func (t *Tree) Readable(rel string) bool {
	path := filepath.Join(t.Snapshot().dir, filepath.FromSlash(rel))
	info, err := os.Lstat(path)
	if err == nil && (info.IsDir() || info.Mode().IsRegular()) {
		var f *os.File
		if f, err = os.OpenFile(path, os.O_RDONLY|unix.O_NONBLOCK, 0); err == nil {
			if info.IsDir() {
				_, err = f.Readdirnames(1)
			}
			f.Close()
		}
	}
	return err == nil || isGone(err) || errors.Is(err, io.EOF)
}
