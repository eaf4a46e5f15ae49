// Package treetest is for tests of what can't be read.
package treetest

import (
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
)

// variable tells the process that it is the rerun, and is the folder for its temporary files.
const variable = "STAGEWATCH_TEST_AS_NOBODY"

// nobody is a user with no rights of his own.
const nobody = 65534

// Nobody reports whether the test runs as a user whom modes hold back. Where it is run by root it runs itself again as
// one, of the groups given, and returns false when that is done.
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
