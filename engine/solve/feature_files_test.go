package solve_test

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"errors"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/klauspost/compress/zstd"
)

// writeAll writes files below dir, all of the same age.
func writeAll(t *testing.T, dir string, files map[string]string) {
	t.Helper()
	for _, name := range slices.Sorted(maps.Keys(files)) {
		file := filepath.Join(dir, name)
		err := errors.Join(os.MkdirAll(filepath.Dir(file), 0o755), os.WriteFile(file, []byte(files[name]), 0o644), os.Chtimes(file, age, age))
		if err != nil {
			t.Fatal(err)
		}
	}
}

var age = time.Unix(1600000000, 0)

// writeContext writes the main context of all features.
func writeContext(t *testing.T, dir string) {
	t.Helper()
	archive := archived(t)
	writeAll(t, dir, map[string]string{
		"d/a": "a\n", "d/b.md": "b\n", "d/sub/c": "c\n", "d/sub/lib/x": "x\n", "script": "#!/bin/sh\necho script\n", "two words": "2\n",
		"logs/a.log": "log", "logs/kept.log": "kept", "logs/deep/b.log": "log", "only/a": "a", "only/b": "b", "l/a": "a\n",
		"plain.tar": archive, "packed.tar.gz": gzipped(t, archive), "packed.tar.zst": zstandard(t, archive), "not.tar": "no archive\n", "single.gz": gzipped(t, "one file\n"),
		".dockerignore": "# comment\n**/*.log\n!logs/kept.log\nonly/*\n!only/b\nDockerfile\n",
	})
	err := errors.Join(
		os.Chmod(filepath.Join(dir, "script"), 0o755), os.Chmod(filepath.Join(dir, "d/sub/c"), 0o600), os.Chmod(filepath.Join(dir, "d/sub"), 0o750),
		os.Mkdir(filepath.Join(dir, "empty"), 0o755),
		os.Symlink("a", filepath.Join(dir, "d/tolink")), os.Symlink("d", filepath.Join(dir, "todir")), os.Symlink("nowhere", filepath.Join(dir, "l/dangling")), os.Symlink("nowhere", filepath.Join(dir, "dangling")),
		os.Link(filepath.Join(dir, "d/a"), filepath.Join(dir, "d/hard")),
	)
	if err != nil {
		t.Fatal(err)
	}
}

// archived returns a tar archive of a folder, an executable of a user's and a link.
func archived(t *testing.T) string {
	t.Helper()
	var buf bytes.Buffer
	w := tar.NewWriter(&buf)
	err := errors.Join(
		w.WriteHeader(&tar.Header{Typeflag: tar.TypeDir, Name: "t/", Mode: 0o750, Uid: 5, Gid: 6, ModTime: age}),
		w.WriteHeader(&tar.Header{Name: "t/run", Mode: 0o4755, Uid: 5, Gid: 6, Size: 3, ModTime: age}),
	)
	_, err2 := w.Write([]byte("run"))
	err = errors.Join(err, err2, w.WriteHeader(&tar.Header{Typeflag: tar.TypeSymlink, Name: "t/link", Linkname: "run", ModTime: age}), w.Close())
	if err != nil {
		t.Fatal(err)
	}
	return buf.String()
}

func gzipped(t *testing.T, text string) string {
	t.Helper()
	var buf bytes.Buffer
	w := gzip.NewWriter(&buf)
	_, err := w.Write([]byte(text))
	if err = errors.Join(err, w.Close()); err != nil {
		t.Fatal(err)
	}
	return buf.String()
}

func zstandard(t *testing.T, text string) string {
	t.Helper()
	w, err := zstd.NewWriter(nil)
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	return string(w.EncodeAll([]byte(text), nil))
}
