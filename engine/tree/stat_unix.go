//go:build unix

package tree

import (
	"bytes"
	"hash/fnv"
	"io/fs"
	"maps"
	"slices"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

// meta is what a stat says of a path. Equal metas mean the same content, except for writes within the clock's grain
// (see racyGrain).
type meta struct {
	mode     fs.FileMode
	uid, gid uint32
	// linked says that it has further names. It is not set for folders.
	linked       bool
	size         int64 // in bytes; for a device its number
	mtime, ctime int64 // nanoseconds since 1970
	inode        uint64
}

// statAt stats name in the open folder dir without following a link.
func statAt(dir int, name string) (meta, error) {
	var st unix.Stat_t
	for {
		err := unix.Fstatat(dir, name, &st, unix.AT_SYMLINK_NOFOLLOW)
		if err == nil {
			return metaOf(&st), nil
		}
		if err != unix.EINTR {
			return meta{}, &fs.PathError{Op: "lstat", Path: name, Err: err}
		}
	}
}

// statPath stats a path without following a link.
func statPath(path string) (meta, error) {
	return statAt(unix.AT_FDCWD, path)
}

// statOpen stats an open file.
func statOpen(fd int) (meta, error) {
	var st unix.Stat_t
	if err := unix.Fstat(fd, &st); err != nil {
		return meta{}, err
	}
	return metaOf(&st), nil
}

// inodeOf returns the inode in a FileInfo of package os.
func inodeOf(info fs.FileInfo) uint64 {
	if st, ok := info.Sys().(*syscall.Stat_t); ok {
		return st.Ino
	}
	return 0
}

func metaOf(st *unix.Stat_t) meta {
	m := meta{
		mode:  fs.FileMode(st.Mode & 0o777),
		uid:   st.Uid,
		gid:   st.Gid,
		mtime: st.Mtim.Nano(),
		ctime: st.Ctim.Nano(),
		inode: st.Ino,
	}
	switch st.Mode & unix.S_IFMT {
	case unix.S_IFDIR:
		m.mode |= fs.ModeDir
	case unix.S_IFLNK:
		m.mode |= fs.ModeSymlink
	case unix.S_IFIFO:
		m.mode |= fs.ModeNamedPipe
	case unix.S_IFSOCK:
		m.mode |= fs.ModeSocket
	case unix.S_IFBLK:
		m.mode |= fs.ModeDevice
		m.size = int64(st.Rdev)
	case unix.S_IFCHR:
		m.mode |= fs.ModeDevice | fs.ModeCharDevice
		m.size = int64(st.Rdev)
	default:
		m.size = st.Size
	}
	m.linked = st.Nlink > 1 && !m.mode.IsDir()
	if st.Mode&unix.S_ISUID != 0 {
		m.mode |= fs.ModeSetuid
	}
	if st.Mode&unix.S_ISGID != 0 {
		m.mode |= fs.ModeSetgid
	}
	if st.Mode&unix.S_ISVTX != 0 {
		m.mode |= fs.ModeSticky
	}
	return m
}

// attributes reads the extended attributes that count in a COPY's key: file capabilities, and all that begin neither
// with "security." nor with "system.". It is empty if there are none or they can't be read.
func attributes(path string) map[string][]byte {
	size, err := unix.Llistxattr(path, nil)
	if err != nil || size == 0 {
		return nil
	}
	buf := make([]byte, size)
	if size, err = unix.Llistxattr(path, buf); err != nil {
		return nil
	}
	attrs := map[string][]byte{}
	value := make([]byte, 64<<10) // the largest that Linux allows
	for name := range strings.SplitSeq(string(buf[:size]), "\x00") {
		outside := strings.HasPrefix(name, "security.") || strings.HasPrefix(name, "system.")
		if name == "" || outside && name != "security.capability" {
			continue
		}
		n, err := unix.Lgetxattr(path, name, value)
		if err != nil {
			n = 0
		}
		attrs[name] = bytes.Clone(value[:n])
	}
	return attrs
}

// sumAttributes hashes a set of attributes. The hash is 0 for none.
func sumAttributes(attrs map[string][]byte) uint64 {
	if len(attrs) == 0 {
		return 0
	}
	sum := fnv.New64a()
	for _, name := range slices.Sorted(maps.Keys(attrs)) {
		sum.Write([]byte(name + "\x00"))
		sum.Write(attrs[name])
		sum.Write([]byte{0})
	}
	return sum.Sum64()
}
