#!/usr/bin/env bash
# deadcode.sh MODULE@VERSION: fails on functions that nothing reaches, because a reader takes them for used. A function
# that only tests reach is dead, too, except in the packages for tests, which are called …test.
set -euo pipefail

tool=${1:?usage: deadcode.sh MODULE@VERSION}
# Twice: without the tests for the program, with them for what is theirs.
program=$(go run "$tool" ./...)
tests=$(go run "$tool" -test ./...)
# What only the program for macOS reaches is tested everywhere.
dead=$({ grep -vE '^[^:]*test/|^watch/fsevents\.go:' <<<"$program" || true; printf '%s\n' "$tests"; } | sed '/^$/d' | sort -u)
[[ -z $dead ]] || {
  printf '%s\n' "$dead" >&2
  exit 1
}
