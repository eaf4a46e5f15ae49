#!/usr/bin/env bash
# docker compose config --format json fails for a build with an SSH key that has a path.
#
# github.com/compose-spec/compose-go/v2 v2.16.2 (types.SSHKey.MarshalJSON).
# Guess:    an SSH key of a build is written as JSON that can be read again, as it is as YAML.
# Behaviour: it is written as "NAME": PATH, which is no JSON value, so the whole project can't be written. The short form
#            "default" is fine.
set -euo pipefail
dir=$(mktemp -d) && trap 'rm -rf "$dir"' EXIT && cd "$dir"
cat >main.go <<'GO'
package main

import (
	"encoding/json"
	"fmt"

	"github.com/compose-spec/compose-go/v2/types"
)

func main() {
	for _, key := range []types.SSHKey{{ID: "default"}, {ID: "ci", Path: "/key"}} {
		dt, err := json.Marshal(key)
		fmt.Printf("%+v: %s, %v\n", key, dt, err)
	}
}
GO
go mod init finding 2>/dev/null
go mod edit -require github.com/compose-spec/compose-go/v2@v2.16.2
seen=$(go run -mod=mod . 2>/dev/null)
echo "$seen"
diff <(echo "$seen") - <<'OUT'
{ID:default Path:}: "default", <nil>
{ID:ci Path:/key}: , json: error calling MarshalJSON for type types.SSHKey: invalid character ':' after top-level value
OUT
