//go:build unix

package watch

import (
	"io/fs"

	"golang.org/x/sys/unix"
)

// stamp is a path's state. It differs after a write, and is found without reading the file.
type stamp struct {
	mode, uid, gid uint32
	size           int64
	mtime, ctime   int64 // nanoseconds since 1970
	inode          uint64
}

// stampOf stats a path without following a link. It leaves out the times, size and inode of a folder: they change with
// the folder's content, which is reported by itself.
func stampOf(path string) (stamp, error) {
	var st unix.Stat_t
	if err := unix.Lstat(path, &st); err != nil {
		return stamp{}, &fs.PathError{Op: "lstat", Path: path, Err: err}
	}
	return stampFrom(&st), nil
}

// stampOfTarget is stampOf that follows links.
func stampOfTarget(path string) (stamp, error) {
	var st unix.Stat_t
	if err := unix.Stat(path, &st); err != nil {
		return stamp{}, &fs.PathError{Op: "stat", Path: path, Err: err}
	}
	return stampFrom(&st), nil
}

// fileID identifies a file, whatever its names.
type fileID struct{ device, inode uint64 }

// fileOf stats a file. Several reports whether it is a regular file with further names.
func fileOf(path string) (id fileID, now stamp, several bool) {
	var st unix.Stat_t
	if err := unix.Lstat(path, &st); err != nil {
		return fileID{}, stamp{}, false
	}
	now = stampFrom(&st)
	now.ctime = 0
	return fileID{uint64(st.Dev), st.Ino}, now, st.Mode&unix.S_IFMT == unix.S_IFREG && st.Nlink > 1
}

func stampFrom(st *unix.Stat_t) stamp {
	s := stamp{mode: uint32(st.Mode), uid: st.Uid, gid: st.Gid}
	if st.Mode&unix.S_IFMT != unix.S_IFDIR {
		s.size, s.mtime, s.ctime, s.inode = st.Size, st.Mtim.Nano(), st.Ctim.Nano(), st.Ino
	}
	return s
}
