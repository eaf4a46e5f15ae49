package git

import (
	"archive/tar"
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"path"
)

// Export writes what was in a commit of the work tree at top into a folder. It is what git archive has: without submodules,
// and without what the repository's attributes keep out of an export.
func Export(ctx context.Context, top, commit, to string) (err error) {
	root, err := os.OpenRoot(to)
	if err != nil {
		return err
	}
	defer root.Close()
	cmd := command(ctx, top, "archive", "--format=tar", commit)
	var said bytes.Buffer
	cmd.Stderr = &said
	out, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return failure("archive", "", err)
	}
	written := unpack(root, out)
	_, _ = io.Copy(io.Discard, out) // or git would wait for a reader
	if err := cmd.Wait(); err != nil {
		return failure("archive", said.String(), err)
	}
	return written
}

// unpack writes folders, files and links.
func unpack(root *os.Root, archive io.Reader) error {
	for t := tar.NewReader(archive); ; {
		h, err := t.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		name := path.Clean(h.Name)
		switch h.Typeflag {
		case tar.TypeDir:
			err = root.MkdirAll(name, 0o755)
		case tar.TypeSymlink:
			err = root.Symlink(h.Linkname, name)
		case tar.TypeReg:
			err = write(root, name, h.FileInfo().Mode().Perm()&^0o022, t)
		}
		if err != nil {
			return err
		}
	}
}

func write(root *os.Root, name string, mode os.FileMode, content io.Reader) error {
	file, err := root.OpenFile(name, os.O_CREATE|os.O_EXCL|os.O_WRONLY, mode)
	if err != nil {
		return err
	}
	_, err = io.Copy(file, content)
	return errors.Join(err, file.Close())
}
