#!/usr/bin/env bash
# A program that links the compose library compiles ten JSON schemas before its main begins.
#
# github.com/santhosh-tekuri/jsonschema/v6 v6.0.1 and v6.0.3, by way of github.com/compose-spec/compose-go/v2 v2.16.2.
# Guess:    a library compiles a schema when something is validated; compose-go keeps its own for the first project.
# Behaviour: init compiles the meta-schemas of all drafts with their vocabularies, of which a compose file needs one:
#            some 21,000 allocations and 1.7 MB, 3 ms on a quiet machine, 5 ms and more on a busy one, in every command.
set -euo pipefail
dir=$(mktemp -d) && trap 'rm -rf "$dir"' EXIT && cd "$dir"
cat >main.go <<'GO'
package main

import _ "github.com/compose-spec/compose-go/v2/cli"

func main() {}
GO
go mod init finding 2>/dev/null
go mod edit -require github.com/compose-spec/compose-go/v2@v2.16.2
go build -mod=mod -o finding . 2>/dev/null
seen=$(GODEBUG=inittrace=1 ./finding 2>&1 | grep jsonschema)
echo "$seen"
(($(awk '{print $(NF-1)}' <<<"$seen") > 10000))
