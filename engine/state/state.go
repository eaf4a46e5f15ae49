// Package state reads and writes the files that stagewatch keeps for itself under the user's cache folder: what was
// built last, how long steps took, the locks of sessions. None of them is needed: what can't be read counts as unknown.
package state

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// Dir returns the path of the folder with the name, empty if the user has no cache folder.
func Dir(name string) string {
	cache, err := os.UserCacheDir()
	if err != nil {
		return ""
	}
	return filepath.Join(cache, "stagewatch", name)
}

// Read returns the content of a regular file. Anything else is an error: reading a pipe would never end.
func Read(file string) ([]byte, error) {
	if err := Regular(file); err != nil {
		return nil, err
	}
	return os.ReadFile(file)
}

// Regular returns an error unless the file is a regular one.
func Regular(file string) error {
	info, err := os.Stat(file)
	if err == nil && !info.Mode().IsRegular() {
		err = &fs.PathError{Op: "read", Path: file, Err: fmt.Errorf("not a regular file (%s)", info.Mode().Type())}
	}
	return err
}

// Save writes a file whole or not at all. It does nothing for an empty name.
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
