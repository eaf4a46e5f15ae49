package image

import (
	"io/fs"
	"path"
	"strings"
)

// maxLinks bounds how many symbolic links a path may lead through. It is Linux's own limit.
const maxLinks = 40

// resolve follows every symbolic link in a path. It returns false if the path leads nowhere.
func (t Tree) resolve(p string) (string, bool) {
	links := 0
	done := "/"
	rest := strings.Split(path.Clean("/"+p), "/")
	for len(rest) > 0 {
		element := rest[0]
		rest = rest[1:]
		switch element {
		case "", ".":
			continue
		case "..":
			done = path.Dir(done)
			continue
		}
		at := path.Join(done, element)
		f, ok := t[at]
		if !ok {
			return "", false
		}
		if f.Mode&fs.ModeSymlink == 0 {
			done = at
			continue
		}
		if links++; links > maxLinks {
			return "", false
		}
		if path.IsAbs(f.Link) {
			done = "/"
		}
		rest = append(strings.Split(f.Link, "/"), rest...)
	}
	return done, true
}

// Regular follows the symbolic links in a path, and returns false if it does not lead to a regular file.
func (t Tree) Regular(p string) (File, bool) {
	at, ok := t.resolve(p)
	if !ok {
		return File{}, false
	}
	f := t[at]
	return f, f.Mode.IsRegular()
}
