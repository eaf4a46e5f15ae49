// Package treetest helps tests of files that can't be read.
package treetest

import (
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
)

// variable is set in the test that runs again as another user; its value is the folder for temporary files.
const variable = "STAGEWATCH_TEST_AS_NOBODY"

// nobody is the id of a user without rights.
const nobody = 65534

// Nobody reports whether the test runs as a user whom file modes restrict. If it runs as root, it runs itself again as
// such a user, in the given groups, and returns false when that has finished.
func Nobody(t *testing.T, groups ...uint32) bool {
	t.Helper()
	if os.Getuid() != 0 {
		return true
	}
	self, err := os.Open("/proc/self/exe") // where it lies nobody may look
	if err != nil {
		t.Skip("running the test again as another user: ", err)
	}
	defer self.Close()
	dir := t.TempDir()
	for _, d := range []string{dir, filepath.Dir(dir)} {
		if err := os.Chmod(d, 0o777); err != nil {
			t.Fatal(err)
		}
	}
	cmd := exec.CommandContext(t.Context(), "/proc/self/fd/3", "-test.run=^"+t.Name()+"$", "-test.v")
	cmd.Dir = "/"
	cmd.ExtraFiles = []*os.File{self}
	cmd.Env = append(os.Environ(), variable+"=1", "TMPDIR="+dir, "HOME="+dir, "XDG_CACHE_HOME="+dir)
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: nobody, Gid: nobody, Groups: groups}}
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Errorf("as another user: %v\n%s", err, out)
	}
	return false
}
