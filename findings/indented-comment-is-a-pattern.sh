#!/usr/bin/env bash
# A comment of a .dockerignore that is indented is a pattern.
#
# github.com/moby/patternmatcher v0.6.1, ignorefile: what docker, buildx and compose read .dockerignore with.
# Guess:    "  # logs" is a comment, as it is in a Dockerfile, where blanks before the # do not count.
# Behaviour: only a # in the first column begins a comment. Blanks are trimmed afterwards, so the line becomes the
#            pattern "# logs"; an indented "#!keep" is a pattern as well. It does no harm until a file has that name.
set -euo pipefail
dir=$(mktemp -d) && trap 'rm -rf "$dir"' EXIT && cd "$dir"
cat >main.go <<'GO'
package main

import (
	"fmt"
	"strings"

	"github.com/moby/patternmatcher"
	"github.com/moby/patternmatcher/ignorefile"
)

func main() {
	patterns, err := ignorefile.ReadAll(strings.NewReader("# one\n  # logs\n*.log\n"))
	fmt.Printf("%q %v\n", patterns, err)
	out, err := patternmatcher.MatchesOrParentMatches("# logs", patterns)
	fmt.Println(out, err)
}
GO
go mod init finding 2>/dev/null
go get github.com/moby/patternmatcher@v0.6.1 2>/dev/null
seen=$(go run -mod=mod . 2>/dev/null)
echo "$seen"
diff <(echo "$seen") - <<'OUT'
["# logs" "*.log"] <nil>
true <nil>
OUT
