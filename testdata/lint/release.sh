#!/usr/bin/env bash
# release.sh [quick]: compiles for every system and processor that .goreleaser.yaml names, because tests run on one of them
# only, and lets goreleaser check that file if it is installed. Quick is for every change: it checks the types for all of them,
# with and without C on macOS, and compiles for one.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

list() { sed -n "s/^ *$1: \[\(.*\)\]\$/\1/p" .goreleaser.yaml | tr ',\n' '  '; }

read -ra systems <<<"$(list goos)"
read -ra processors <<<"$(list goarch)"
((${#systems[@]} > 0 && ${#processors[@]} > 0)) || { echo "release: .goreleaser.yaml names no goos or no goarch" >&2; exit 1; }
if [[ ${1:-} == quick ]]; then
  targets=()
  for system in "${systems[@]}"; do
    for processor in "${processors[@]}"; do
      targets+=("$system/$processor")
      [[ $system != darwin ]] || targets+=("$system/$processor/cgo")
    done
  done
  go run ./testdata/lint/typecheck "${targets[@]}"
  CGO_ENABLED=0 GOOS=darwin GOARCH=arm64 exec go build -trimpath -o /dev/null ./cmd/stagewatch
fi
for system in "${systems[@]}"; do
  for processor in "${processors[@]}"; do
    echo "release: compiling for $system/$processor" >&2
    CGO_ENABLED=0 GOOS=$system GOARCH=$processor go build -trimpath -o /dev/null ./cmd/stagewatch
    GOOS=$system GOARCH=$processor go vet ./...
  done
done
if command -v goreleaser >/dev/null; then
  goreleaser check
else
  echo "release: SKIPPED, not passed: .goreleaser.yaml was not checked, goreleaser is not installed (https://goreleaser.com/install)" >&2
fi
