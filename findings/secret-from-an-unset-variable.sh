#!/usr/bin/env bash
# A build secret from an environment variable that is not set is an empty secret, and no error.
#
# github.com/moby/buildkit v0.34.2 (session/secrets/secretsprovider), which docker build and buildx serve --secret with.
# Guess:    id=token,env=TOKEN without a TOKEN fails at once, as id=token,src=FILE without the file does, or at the step
#           that has required=true.
# Behaviour: the store is made, and the secret is there with no bytes. A step with required=true is content. Only what no
#            --secret names is missing.
set -euo pipefail
dir=$(mktemp -d) && trap 'rm -rf "$dir"' EXIT && cd "$dir"
cat >main.go <<'GO'
package main

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/moby/buildkit/session/secrets"
	"github.com/moby/buildkit/session/secrets/secretsprovider"
)

func main() {
	os.Unsetenv("TOKEN")
	_, err := secretsprovider.NewStore([]secretsprovider.Source{{ID: "token", FilePath: "missing"}})
	fmt.Printf("a file that is missing: error %t\n", err != nil)
	store, err := secretsprovider.NewStore([]secretsprovider.Source{{ID: "token", Env: "TOKEN"}})
	fmt.Printf("a variable that is not set: error %t\n", err != nil)
	value, err := store.GetSecret(context.Background(), "token")
	fmt.Printf("its value: %q, error %t\n", value, err != nil)
	_, err = store.GetSecret(context.Background(), "other")
	fmt.Printf("another id: not found %t\n", errors.Is(err, secrets.ErrNotFound))
}
GO
go mod init finding 2>/dev/null
go get github.com/moby/buildkit@v0.34.2 2>/dev/null
seen=$(go run -mod=mod . 2>/dev/null)
echo "$seen"
diff <(echo "$seen") - <<'OUT'
a file that is missing: error true
a variable that is not set: error false
its value: "", error false
another id: not found true
OUT
