#!/usr/bin/env bash
# Of what an op needs, BuildKit's client writes down the capabilities of commands, and not those of file operations.
#
# github.com/moby/buildkit v0.34.2 (client/llb).
# Guess:    an op's metadata names each capability that its options need, of an exec (the size of a tmpfs mount) as of a file
#           op (a copy with include patterns), so that a builder that lacks one refuses the op.
# Behaviour: the exec's are there; of the file op there is only that it is one, file.base. A builder takes the op, and one
#            that does not know the patterns copies everything.
set -euo pipefail
dir=$(mktemp -d) && trap 'rm -rf "$dir"' EXIT && cd "$dir"
cat >main.go <<'GO'
package main

import (
	"context"
	"fmt"
	"slices"

	"github.com/moby/buildkit/client/llb"
	"github.com/moby/buildkit/solver/pb"
	"github.com/opencontainers/go-digest"
)

func main() {
	from := llb.Image("docker.io/library/a")
	for _, st := range []llb.State{
		from.Run(llb.Args([]string{"/app"}), llb.AddMount("/t", llb.Scratch(), llb.Tmpfs(llb.TmpfsSize(1<<20)))).Root(),
		from.File(llb.Copy(llb.Local("context"), "/", "/", &llb.CopyInfo{IncludePatterns: []string{"*.py"}})),
	} {
		def, err := st.Marshal(context.Background(), llb.LinuxAmd64)
		if err != nil {
			panic(err)
		}
		for _, dt := range def.Def {
			var op pb.Op
			if err := op.UnmarshalVT(dt); err != nil {
				panic(err)
			}
			caps := []string{}
			for c := range def.Metadata[digest.FromBytes(dt)].Caps {
				caps = append(caps, string(c))
			}
			slices.Sort(caps)
			switch {
			case op.GetExec() != nil:
				fmt.Println("exec", caps)
			case op.GetFile() != nil:
				fmt.Println("file", caps)
			}
		}
	}
}
GO
go mod init finding 2>/dev/null
go get github.com/moby/buildkit@v0.34.2 2>/dev/null
seen=$(go run -mod=mod . 2>/dev/null)
echo "$seen"
diff <(echo "$seen") - <<'OUT'
exec [exec.meta.base exec.mount.bind exec.mount.tmpfs exec.mount.tmpfs.size]
file [file.base]
OUT
