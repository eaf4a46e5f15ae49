#!/usr/bin/env bash
# Docker and go-containerregistry (crane, ko, skaffold) disagree on which image names are valid, both ways.
#
# github.com/google/go-containerregistry v0.21.7 (pkg/name) beside github.com/distribution/reference v0.6.0 (docker).
# Guess:    names that one of them takes the other takes too, up to what each adds (docker.io, library/).
# Behaviour: a repository of one letter is too short for go-containerregistry, although docker builds, tags and pushes it.
#            And go-containerregistry takes names that docker calls invalid: separators at an end, three underscores,
#            two dots in a row. The image of a folder called "a" is one that docker runs and the others can't name.
set -euo pipefail
dir=$(mktemp -d) && trap 'rm -rf "$dir"' EXIT && cd "$dir"
cat >main.go <<'GO'
package main

import (
	"fmt"

	"github.com/distribution/reference"
	"github.com/google/go-containerregistry/pkg/name"
)

func main() {
	for _, n := range []string{"ab", "a", "localhost:5000/ab", "localhost:5000/a", "app-", "_app", "a___b", "a..b"} {
		_, docker := reference.ParseNormalizedNamed(n)
		_, crane := name.ParseReference(n)
		fmt.Printf("%s: docker %t, go-containerregistry %t\n", n, docker == nil, crane == nil)
	}
}
GO
go mod init finding 2>/dev/null
go get github.com/google/go-containerregistry@v0.21.7 github.com/distribution/reference@v0.6.0 2>/dev/null
seen=$(go run -mod=mod . 2>/dev/null)
echo "$seen"
diff <(echo "$seen") - <<'OUT'
ab: docker true, go-containerregistry true
a: docker true, go-containerregistry false
localhost:5000/ab: docker true, go-containerregistry true
localhost:5000/a: docker true, go-containerregistry false
app-: docker false, go-containerregistry true
_app: docker false, go-containerregistry true
a___b: docker false, go-containerregistry true
a..b: docker false, go-containerregistry true
OUT
