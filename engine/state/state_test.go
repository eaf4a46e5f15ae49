package state

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

// TestWhatIsNoFileIsNotWaitedFor puts a folder and a pipe in the place of a file.
func TestWhatIsNoFileIsNotWaitedFor(t *testing.T) {
	dir := t.TempDir()
	file, folder, pipe, link := filepath.Join(dir, "file"), filepath.Join(dir, "folder"), filepath.Join(dir, "pipe"), filepath.Join(dir, "link")
	for _, err := range []error{Save(file, []byte("1")), os.Mkdir(folder, 0o755), syscall.Mkfifo(pipe, 0o644), os.Symlink(pipe, link)} {
		if err != nil {
			t.Fatal(err)
		}
	}
	for path, want := range map[string]string{file: "1", folder: "", pipe: "", link: "", filepath.Join(dir, "none"): ""} {
		got, err := Read(path)
		if string(got) != want || (err == nil) != (path == file) {
			t.Errorf("%s: %q, %v", path, got, err)
		}
	}
	if err := Save(pipe, []byte("2")); err != nil {
		t.Error(err)
	}
	if got, err := Read(pipe); string(got) != "2" {
		t.Errorf("a pipe is not replaced: %q, %v", got, err)
	}
	if Save(folder, nil) == nil || Save(filepath.Join(file, "below"), nil) == nil {
		t.Error("what can't be written is no error")
	}
	if left, _ := filepath.Glob(filepath.Join(dir, ".new-*")); len(left) > 0 {
		t.Errorf("left: %v", left)
	}
}
