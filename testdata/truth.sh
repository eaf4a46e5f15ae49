#!/usr/bin/env bash
# truth.sh [VERSION]: builds docker compose of that version outside of the repository, and has it write anew what the projects
# in engine/compose/testdata/truth are compared with: its config, and what its build hands to buildx. It needs no engine.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

version=${1:-v5.6.0}
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
(
  cd "$dir"
  go mod init truth 2>/dev/null
  go mod edit -require "github.com/docker/compose/v5@$version"
  go build -mod=mod -ldflags "-X github.com/docker/compose/v5/internal.Version=$version" -o docker-compose github.com/docker/compose/v5/cmd
)
# docker compose build --print only asks whether buildx is there.
mkdir -p "$dir/config/cli-plugins"
cat >"$dir/config/cli-plugins/docker-buildx" <<'END'
#!/bin/sh
echo '{"SchemaVersion":"0.1.0","Vendor":"Docker Inc.","Version":"v0.30.0"}'
END
chmod +x "$dir/config/cli-plugins/docker-buildx"
DOCKER_CONFIG=$dir/config go test -count=1 ./engine/compose -run TestTruth -record "$dir/docker-compose"
