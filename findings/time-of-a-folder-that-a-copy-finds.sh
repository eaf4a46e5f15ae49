#!/usr/bin/env bash
# COPY of a folder onto one that is there leaves its mode and owner, and gives it the time of the source folder.
#
# github.com/tonistiigi/fsutil v0.0.0-20261103091533-a72de9dcf763 (copy), by which BuildKit copies.
# Guess:    a folder that is there keeps its mode and its time, or has the time of the copy, as a folder has that a file was
#           put into; a folder that the copy makes is like the source folder.
# Behaviour: one that is there keeps its mode, and has the time of the source folder, as if it were the source. One that the
#            copy makes has the time of the source folder, too, but mode 0755 whatever the source has. A single file that is
#            put into a folder leaves that with the time of the copy.
set -euo pipefail
dir=$(mktemp -d) && trap 'rm -rf "$dir"' EXIT && cd "$dir"
cat >main.go <<'GO'
package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/tonistiigi/fsutil/copy"
)

func main() {
	then, later := time.Unix(1_000_000_000, 0), time.Unix(1_100_000_000, 0)
	root, err := os.MkdirTemp("", "")
	must(err)
	defer os.RemoveAll(root)
	in := func(p string) string { return filepath.Join(root, p) }
	must(os.MkdirAll(in("from/folder"), 0o700))
	must(os.WriteFile(in("from/folder/file"), nil, 0o600))
	for _, there := range []string{"to/folder", "to/file"} {
		must(os.MkdirAll(in(there), 0o750))
		must(os.Chtimes(in(there), later, later))
	}
	must(os.Chtimes(in("from/folder"), then, then))
	// As the instructions COPY folder /new, COPY folder /folder and COPY folder/file /file/ are carried out.
	dirs := func(ci *fs.CopyInfo) { ci.CopyDirContents = true }
	must(fs.Copy(context.Background(), in("from"), "/folder", in("to"), "/new", dirs))
	must(fs.Copy(context.Background(), in("from"), "/folder", in("to"), "/folder", dirs))
	must(fs.Copy(context.Background(), in("from"), "/folder/file", in("to"), "/file/", dirs))
	for _, name := range []string{"new", "folder", "file"} {
		info, err := os.Stat(in("to/" + name))
		must(err)
		when := "the time of the copy"
		switch {
		case info.ModTime().Equal(then):
			when = "the source folder's time"
		case info.ModTime().Equal(later):
			when = "its own time"
		}
		fmt.Println(name, info.Mode(), when)
	}
}

func must(err error) {
	if err != nil {
		panic(err)
	}
}
GO
go mod init finding 2>/dev/null
go get github.com/tonistiigi/fsutil@v0.0.0-20261103091533-a72de9dcf763 2>/dev/null
seen=$(go run -mod=mod . 2>/dev/null)
echo "$seen"
diff <(echo "$seen") - <<'OUT'
new drwxr-xr-x the source folder's time
folder drwxr-x--- the source folder's time
file drwxr-x--- the time of the copy
OUT
