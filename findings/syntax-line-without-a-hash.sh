#!/usr/bin/env bash
# A Dockerfile can name its frontend in a line that is no Dockerfile comment.
#
# github.com/moby/buildkit v0.34.2, frontend/dockerfile/parser.
# Guess:    DetectSyntax looks at comments that begin with # alone; "// syntax=" and JSON name nothing.
# Behaviour: it takes the directive out of a line that begins with //, and out of a file that is one JSON object,
#            as well; so a file of another language can name its own frontend. A blank line or an ordinary
#            comment above the line still switches it off.
set -euo pipefail
dir=$(mktemp -d) && trap 'rm -rf "$dir"' EXIT && cd "$dir"
cat >main.go <<'GO'
package main

import (
	"fmt"

	"github.com/moby/buildkit/frontend/dockerfile/parser"
)

func main() {
	for _, text := range []string{
		"# syntax=example/frontend\nFROM scratch",
		"// syntax=example/frontend\nrecipe {}",
		`{"syntax": "example/frontend"}`,
		"# a comment\n# syntax=example/frontend",
		"\n# syntax=example/frontend",
	} {
		ref, _, _, ok := parser.DetectSyntax([]byte(text))
		fmt.Printf("%q: %q %v\n", text, ref, ok)
	}
}
GO
go mod init finding 2>/dev/null
go get github.com/moby/buildkit@v0.34.2 2>/dev/null
seen=$(go run -mod=mod . 2>/dev/null)
echo "$seen"
diff <(echo "$seen") - <<'OUT'
"# syntax=example/frontend\nFROM scratch": "example/frontend" true
"// syntax=example/frontend\nrecipe {}": "example/frontend" true
"{\"syntax\": \"example/frontend\"}": "example/frontend" true
"# a comment\n# syntax=example/frontend": "" false
"\n# syntax=example/frontend": "" false
OUT
