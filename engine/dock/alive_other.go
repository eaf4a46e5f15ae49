//go:build !unix

package dock

import "os"

// alive reports whether a process with that pid exists.
func alive(pid int) bool {
	process, err := os.FindProcess(pid)
	return err == nil && process.Release() == nil
}
