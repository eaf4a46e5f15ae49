#!/usr/bin/env bash
# A platform of two parts is never a machine with its variant.
#
# github.com/containerd/platforms v1.0.0-rc.5, by which docker and BuildKit read --platform.
# Guess:    x86_64/v2 is linux/amd64/v2, as x86_64 alone is linux/amd64 and arm/v7 is what people write for linux/arm/v7.
# Behaviour: one part is guessed to be a system or a machine; of two the first is the system, whatever it is. So
#            x86_64/v2 is the machine "v2" of a system "x86_64", and arm/v7 one of a system "arm": no error here, and
#            none until a base image is found to lack that platform.
set -euo pipefail
dir=$(mktemp -d) && trap 'rm -rf "$dir"' EXIT && cd "$dir"
cat >main.go <<'GO'
package main

import (
	"fmt"

	"github.com/containerd/platforms"
)

func main() {
	for _, text := range []string{"x86_64", "x86_64/v2", "arm/v7", "linux/arm/7"} {
		p, err := platforms.Parse(text)
		fmt.Printf("%s: system %s, machine %s, variant %q, %v\n", text, p.OS, p.Architecture, p.Variant, err)
	}
}
GO
go mod init finding 2>/dev/null
go get github.com/containerd/platforms@v1.0.0-rc.5 2>/dev/null
seen=$(go run -mod=mod . 2>/dev/null)
echo "$seen"
diff <(echo "$seen") - <<'OUT'
x86_64: system linux, machine amd64, variant "", <nil>
x86_64/v2: system x86_64, machine v2, variant "", <nil>
arm/v7: system arm, machine v7, variant "", <nil>
linux/arm/7: system linux, machine arm, variant "v7", <nil>
OUT
