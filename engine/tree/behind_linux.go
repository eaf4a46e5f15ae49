package tree

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// behind returns the regular files that the readers of the pipes write to, and the readers of what those write, and so
// on. It can't see programs of other users.
func behind(pipes []uint64) []fs.FileInfo {
	var files []fs.FileInfo
	readers := readersOfPipes()
	for seen := map[uint64]bool{}; len(pipes) > 0; {
		pipe := pipes[0]
		pipes = slices.Clone(pipes[1:])
		if seen[pipe] {
			continue
		}
		seen[pipe] = true
		for _, process := range readers[pipe] {
			for _, info := range writtenBy(process) {
				if info.Mode().IsRegular() {
					files = append(files, info)
				} else {
					pipes = append(pipes, inodeOf(info))
				}
			}
		}
	}
	return files
}

// readersOfPipes maps the inodes of pipes to the processes, as folders of /proc, that have them as standard input.
func readersOfPipes() map[uint64][]string {
	readers := map[uint64][]string{}
	stdins, _ := filepath.Glob("/proc/[0-9]*/fd/0")
	for _, fd := range stdins {
		link, err := os.Readlink(fd)
		if inner, ok := strings.CutPrefix(link, "pipe:["); err == nil && ok {
			if inode, err := strconv.ParseUint(strings.TrimSuffix(inner, "]"), 10, 64); err == nil {
				readers[inode] = append(readers[inode], filepath.Dir(filepath.Dir(fd)))
			}
		}
	}
	return readers
}

// writtenBy returns the regular files and pipes that the process has open for writing.
func writtenBy(process string) []fs.FileInfo {
	var out []fs.FileInfo
	entries, _ := os.ReadDir(filepath.Join(process, "fd"))
	for _, e := range entries {
		info, err := os.Stat(filepath.Join(process, "fd", e.Name()))
		if err != nil || !info.Mode().IsRegular() && info.Mode().Type() != fs.ModeNamedPipe {
			continue
		}
		dt, err := os.ReadFile(filepath.Join(process, "fdinfo", e.Name()))
		if err == nil && opensToWrite(string(dt)) {
			out = append(out, info)
		}
	}
	return out
}

// opensToWrite reads the flags in a file of /proc/PID/fdinfo.
func opensToWrite(fdinfo string) bool {
	for line := range strings.Lines(fdinfo) {
		var flags int
		if n, err := fmt.Sscanf(line, "flags: %o", &flags); err == nil && n == 1 {
			return flags&unix.O_ACCMODE != unix.O_RDONLY
		}
	}
	return false
}
