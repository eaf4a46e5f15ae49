package socket

import (
	"fmt"
	"os"
	"path/filepath"
)

// longest is the length from which the system refuses the path of a socket.
const longest = 108

// short returns a name of the path that is short enough for a socket: a long one goes by the open folder. The name holds
// until done is called.
func short(path string) (name string, done func(), err error) {
	if len(path) < longest {
		return path, func() {}, nil
	}
	dir, err := os.Open(filepath.Dir(path))
	if err != nil {
		return "", nil, err
	}
	return fmt.Sprintf("/proc/self/fd/%d/%s", dir.Fd(), filepath.Base(path)), func() { dir.Close() }, nil
}
