#!/usr/bin/env bash
# vulncheck.sh MODULE@VERSION: govulncheck over all packages. A finding fails. A database that cannot be reached does
# not, it is said: without the network nothing is known about vulnerabilities, neither good nor bad.
set -euo pipefail

log=$(mktemp)
trap 'rm -f "$log"' EXIT
status=0
go run "${1:?usage: vulncheck.sh MODULE@VERSION}" ./... >"$log" 2>&1 || status=$?
if ((status != 0)) && grep -q '^govulncheck: fetching vulnerabilities' "$log"; then
  echo "vulncheck: SKIPPED, not passed: the vulnerability database cannot be reached from here ($(grep -m 1 '^govulncheck:' "$log" | sed 's/.*: //'))." >&2
  exit 0
fi
((status == 0)) || cat "$log" >&2
exit "$status"
