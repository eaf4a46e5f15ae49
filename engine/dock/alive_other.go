//go:build !unix

package dock

import "os"

// alive tells whether there is a process of that number.
func alive(pid int) bool {
	process, err := os.FindProcess(pid)
	return err == nil && process.Release() == nil
}
