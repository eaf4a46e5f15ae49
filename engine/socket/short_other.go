//go:build !linux

package socket

import "fmt"

// longest is the length from which macOS refuses the path of a socket.
const longest = 104

// short returns the path, unless it is too long for a socket: then the next folder is tried.
func short(path string) (name string, done func(), err error) {
	if len(path) >= longest {
		return "", nil, fmt.Errorf("%s is too long for a socket", path)
	}
	return path, func() {}, nil
}
