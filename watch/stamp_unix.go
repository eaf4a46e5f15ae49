//go:build unix

package watch

import (
	"io/fs"

	"golang.org/x/sys/unix"
)

// stamp tells one state of a path from the next without reading it.
type stamp struct {
	mode, uid, gid uint32
	size           int64
	mtime, ctime   int64 // nanoseconds since 1970
	inode          uint64
}

// stampOf stats a path without following a link. The times, size and inode of a folder are left out: they
// change with what is in it, which is reported by itself.
func stampOf(path string) (stamp, error) {
	var st unix.Stat_t
	if err := unix.Lstat(path, &st); err != nil {
		return stamp{}, &fs.PathError{Op: "lstat", Path: path, Err: err}
	}
	s := stamp{mode: uint32(st.Mode), uid: st.Uid, gid: st.Gid}
	if st.Mode&unix.S_IFMT != unix.S_IFDIR {
		s.size, s.mtime, s.ctime, s.inode = st.Size, st.Mtim.Nano(), st.Ctim.Nano(), st.Ino
	}
	return s, nil
}
