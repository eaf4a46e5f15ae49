#!/usr/bin/env bash
# What stands behind a closing quote in an env file is read as a line of its own.
#
# github.com/compose-spec/compose-go/v2 v2.16.2 (dotenv) beside github.com/docker/cli v29.9.3 (pkg/kvfile, --env-file).
# Guess:    compose refuses NAME="x"y, or takes it for xy as a shell does; NAME:a=b is a name with a colon, or an error.
# Behaviour: compose returns NAME=x and takes y for the next line, a bare name: it is looked up in the environment where
#            a line end follows, and is the value of a variable with an empty name at the end of the file. No error
#            either way. NAME:a=b is NAME with the value a=b. docker run keeps all of it as written.
set -euo pipefail
dir=$(mktemp -d) && trap 'rm -rf "$dir"' EXIT && cd "$dir"
cat >main.go <<'GO'
package main

import (
	"fmt"
	"os"
	"strings"

	"github.com/compose-spec/compose-go/v2/dotenv"
	"github.com/docker/cli/pkg/kvfile"
)

func main() {
	for _, text := range []string{"NAME=\"x\"y\n", "NAME=\"x\"y", "NAME", "NAME\n", "NAME:a=b\n"} {
		compose, err := dotenv.Parse(strings.NewReader(text))
		fmt.Printf("compose %q: %q %v\n", text, compose, err)
		if err := os.WriteFile("env", []byte(text), 0o600); err != nil {
			panic(err)
		}
		run, err := kvfile.Parse("env", nil)
		fmt.Printf("docker  %q: %q %v\n", text, run, err)
	}
}
GO
go mod init finding 2>/dev/null
go get github.com/compose-spec/compose-go/v2@v2.16.2 github.com/docker/cli@v29.9.3+incompatible 2>/dev/null
seen=$(go run -mod=mod . 2>/dev/null)
echo "$seen"
diff <(echo "$seen") - <<'OUT'
compose "NAME=\"x\"y\n": map["NAME":"x"] <nil>
docker  "NAME=\"x\"y\n": ["NAME=\"x\"y"] <nil>
compose "NAME=\"x\"y": map["":"y" "NAME":"x"] <nil>
docker  "NAME=\"x\"y": ["NAME=\"x\"y"] <nil>
compose "NAME": map["":"NAME"] <nil>
docker  "NAME": [] <nil>
compose "NAME\n": map[] <nil>
docker  "NAME\n": [] <nil>
compose "NAME:a=b\n": map["NAME":"a=b"] <nil>
docker  "NAME:a=b\n": ["NAME:a=b"] <nil>
OUT
