#!/usr/bin/env bash
# Two dollars are an escaped dollar in compose.yaml, and a variable with an empty value in a Dockerfile.
#
# github.com/moby/buildkit v0.34.2 (frontend/dockerfile/shell) beside github.com/compose-spec/compose-go/v2 v2.16.2.
# Guess:    $$NAME is a literal $NAME in both, as in a Makefile, or in a Dockerfile a dollar before NAME's value.
# Behaviour: in ENV, COPY and the other instructions that are expanded $$ is the variable called $, which a build never
#            has: "ENV A=$$NAME" sets A to "NAME", without an error. In compose.yaml, and so in its dockerfile_inline, $$
#            becomes $. What is right in one file means something else in the other.
set -euo pipefail
dir=$(mktemp -d) && trap 'rm -rf "$dir"' EXIT && cd "$dir"
cat >main.go <<'GO'
package main

import (
	"fmt"

	"github.com/compose-spec/compose-go/v2/template"
	"github.com/moby/buildkit/frontend/dockerfile/shell"
)

func main() {
	env := map[string]string{"NAME": "value"}
	for _, text := range []string{"$NAME", "$$NAME", "$${NAME}", `\$NAME`} {
		expanded, unmatched, err := shell.NewLex('\\').ProcessWord(text, shell.EnvsFromSlice([]string{"NAME=value"}))
		composed, err2 := template.Substitute(text, func(k string) (string, bool) { v, ok := env[k]; return v, ok })
		fmt.Printf("%s: Dockerfile %q %v %v, compose %q %v\n", text, expanded, unmatched, err, composed, err2)
	}
}
GO
go mod init finding 2>/dev/null
go get github.com/moby/buildkit@v0.34.2 github.com/compose-spec/compose-go/v2@v2.16.2 2>/dev/null
seen=$(go run -mod=mod . 2>/dev/null)
echo "$seen"
diff <(echo "$seen") - <<'OUT'
$NAME: Dockerfile "value" map[] <nil>, compose "value" <nil>
$$NAME: Dockerfile "NAME" map[$:{}] <nil>, compose "$NAME" <nil>
$${NAME}: Dockerfile "{NAME}" map[$:{}] <nil>, compose "${NAME}" <nil>
\$NAME: Dockerfile "$NAME" map[] <nil>, compose "\\value" <nil>
OUT
