#!/usr/bin/env bash
# An image name that begins with a capital letter is looked for on a host of that name.
#
# github.com/distribution/reference v0.6.0, by which docker and BuildKit read image names.
# Guess:    Web/api is refused as web/Api and Web are: a repository's name must be lowercase.
# Behaviour: Web/api is valid. The part before the slash is taken for a registry's host if it has a dot, a colon, or
#            any capital letter. So a FROM with that slip asks the network for a host "Web", and docker's answer
#            is one about name resolution and not about letters.
set -euo pipefail
dir=$(mktemp -d) && trap 'rm -rf "$dir"' EXIT && cd "$dir"
cat >main.go <<'GO'
package main

import (
	"fmt"

	"github.com/distribution/reference"
)

func main() {
	for _, name := range []string{"web/api", "Web/api", "web/Api", "Web"} {
		ref, err := reference.ParseNormalizedNamed(name)
		if err != nil {
			fmt.Printf("%s: %v\n", name, err)
			continue
		}
		fmt.Printf("%s: host %s, path %s\n", name, reference.Domain(ref), reference.Path(ref))
	}
}
GO
go mod init finding 2>/dev/null
go get github.com/distribution/reference@v0.6.0 2>/dev/null
seen=$(go run -mod=mod . 2>/dev/null)
echo "$seen"
diff <(echo "$seen") - <<'OUT'
web/api: host docker.io, path web/api
Web/api: host Web, path api
web/Api: invalid reference format: repository name (web/Api) must be lowercase
Web: invalid reference format: repository name (library/Web) must be lowercase
OUT
