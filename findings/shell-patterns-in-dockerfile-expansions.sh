#!/usr/bin/env bash
# Of a shell's patterns the Dockerfile's expansions know * and ? alone; brackets and anchors are letters.
#
# github.com/moby/buildkit v0.34.2 (frontend/dockerfile/shell), beside the bash that runs this.
# Guess:    what ${NAME%pattern} and ${NAME/pattern/text} do not support is an error, as ${NAME:2} and ${#NAME} are.
# Behaviour: ${NAME%[.]gz}, ${NAME/#one/1} and ${NAME/%gz/xz} look for the characters [.], #one and %gz, do not find
#            them, and leave the value as it was: no error, no warning, another result than the shell's.
set -euo pipefail
dir=$(mktemp -d) && trap 'rm -rf "$dir"' EXIT && cd "$dir"
cat >main.go <<'GO'
package main

import (
	"fmt"
	"os"
	"os/exec"

	"github.com/moby/buildkit/frontend/dockerfile/shell"
)

func main() {
	const value = "one/two.tar.gz"
	for _, text := range []string{"${NAME%.*}", "${NAME%[.]gz}", "${NAME//[aeo]/_}", "${NAME/#one/1}", "${NAME/%gz/xz}", "${NAME:4}", "${#NAME}"} {
		got, _, err := shell.NewLex('\\').ProcessWord(text, shell.EnvsFromSlice([]string{"NAME=" + value}))
		bash := exec.Command("bash", "-c", "printf %s \""+text+"\"")
		bash.Env = append(os.Environ(), "NAME="+value)
		want, err2 := bash.Output()
		fmt.Printf("%s: Dockerfile %q error %t, bash %q error %t\n", text, got, err != nil, want, err2 != nil)
	}
}
GO
go mod init finding 2>/dev/null
go get github.com/moby/buildkit@v0.34.2 2>/dev/null
seen=$(go run -mod=mod . 2>/dev/null)
echo "$seen"
diff <(echo "$seen") - <<'OUT'
${NAME%.*}: Dockerfile "one/two.tar" error false, bash "one/two.tar" error false
${NAME%[.]gz}: Dockerfile "one/two.tar.gz" error false, bash "one/two.tar" error false
${NAME//[aeo]/_}: Dockerfile "one/two.tar.gz" error false, bash "_n_/tw_.t_r.gz" error false
${NAME/#one/1}: Dockerfile "one/two.tar.gz" error false, bash "1/two.tar.gz" error false
${NAME/%gz/xz}: Dockerfile "one/two.tar.gz" error false, bash "one/two.tar.xz" error false
${NAME:4}: Dockerfile "" error true, bash "two.tar.gz" error false
${#NAME}: Dockerfile "" error true, bash "14" error false
OUT
