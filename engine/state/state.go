// Package state keeps the files that stagewatch has for itself under the user's cache folder: what was last built, how
// long steps took, the locks of sessions. None of them is needed: what can't be read is not known, and what can't be
// written is known no longer.
package state

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// Dir is the folder of that name, empty where there is no cache folder.
func Dir(name string) string {
	cache, err := os.UserCacheDir()
	if err != nil {
		return ""
	}
	return filepath.Join(cache, "stagewatch", name)
}

// Read reads a file. One that is no regular file is an error: a pipe would be waited at for ever.
func Read(file string) ([]byte, error) {
	if err := Regular(file); err != nil {
		return nil, err
	}
	return os.ReadFile(file)
}

// Regular returns an error for what is no regular file.
func Regular(file string) error {
	info, err := os.Stat(file)
	if err == nil && !info.Mode().IsRegular() {
		err = &fs.PathError{Op: "read", Path: file, Err: fmt.Errorf("it is no regular file (%s)", info.Mode().Type())}
	}
	return err
}

// Save writes a file anew, whole or not at all. An empty name keeps nothing.
func Save(file string, data []byte) error {
	if file == "" {
		return nil
	}
	dir := filepath.Dir(file)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	tmp, err := os.CreateTemp(dir, ".new-*")
	if err != nil {
		return err
	}
	_, err = tmp.Write(data)
	if err = errors.Join(err, tmp.Close()); err == nil {
		err = os.Rename(tmp.Name(), file)
	}
	if err != nil {
		os.Remove(tmp.Name())
	}
	return err
}
