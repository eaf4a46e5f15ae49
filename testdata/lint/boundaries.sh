#!/usr/bin/env bash
# Proves the house's rooms: what may not enter where. Run from anywhere; prints every breach with its reason.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

module=$(go list -m)
breaches=0

# Families of packages, as extended regular expressions on the import path.
docker='^github\.com/docker/(docker|cli|go-connections)(/|$)|^github\.com/moby/(buildkit|moby)(/|$)'
terminal='^github\.com/charmbracelet/|^github\.com/muesli/termenv|'"^$module/ui(/|\$)"
network='^net$|^net/(http|rpc|smtp)(/|$)|^os/exec$'

breach() {
  printf 'boundaries: %s may not use %s: %s\n' "$1" "$2" "$3" >&2
  [[ -z ${4:-} ]] || printf '    it comes in through %s\n' "$4" >&2
  breaches=$((breaches + 1))
}

packages() {
  local found
  found=$(go list "./$1/..." 2>/dev/null) || true
  if [[ -z $found ]]; then
    printf 'boundaries: there is no room %s, so its rules hold nothing. Renamed? Then tell testdata/lint/boundaries.sh.\n' "$1" >&2
    return 1
  fi
  printf '%s\n' "$found"
}

# Which direct imports of a package bring that dependency in.
through() {
  local import
  for import in $(go list -f '{{join .Imports "\n"}}' "$1"); do
    if [[ $import == "$2" ]] || go list -deps "$import" 2>/dev/null | grep -qxF "$2"; then printf '%s ' "$import"; fi
  done
}

# keep_out ROOM deps|imports REGEX REASON: of everything that a room links in, or of what it imports by itself.
# Once a package, not once for every package that the first one brings along.
keep_out() {
  local room=$1 reach=$2 regex=$3 reason=$4 list package found
  list=$(packages "$room" 2>/dev/null) || return 0
  for package in $list; do
    if [[ $reach == deps ]]; then
      found=$(go list -deps "$package" | grep -vxF "$package" | grep -m 1 -E "$regex") || continue
      breach "${package#"$module"/}" "$found" "$reason" "$(through "$package" "$found")"
    else
      found=$(go list -f '{{join .Imports "\n"}}' "$package" | grep -m 1 -E "$regex") || continue
      breach "${package#"$module"/}" "$found" "$reason"
    fi
  done
}

standard_library_only() {
  local list package found
  list=$(packages "$1" 2>/dev/null) || return 0
  for package in $list; do
    found=$(go list -deps -f '{{if not .Standard}}{{.ImportPath}}{{end}}' "$package" | grep -m 1 -vxF "$package") || continue
    breach "${package#"$module"/}" "$found" "$2"
  done
}

standard_library_only engine/event "every face knows it and nothing else of the engine; other programs' contract hangs on it"

keep_out watch deps "$docker|^$module/engine(/|\$)" "it reports which paths changed, and not what that means"
keep_out watch deps "$terminal" "it talks to nobody"

# BuildKit's converter, which plan is made of, links half of the world in: here only what plan itself asks for counts.
keep_out engine/plan imports '^github\.com/docker/(docker|cli)(/|$)' "a plan is made with no engine: bytes and strings in, values out"
keep_out engine/plan imports "$network" "a plan does no IO"
keep_out engine/plan deps "^$module/(watch|ui|engine/(dock|build|run|image|front))(/|\$)" "a plan is made with no engine: bytes and strings in, values out"

keep_out engine/front deps "$docker" "it owns a port and hands it over; what is behind an address is not its business"
keep_out engine deps "$terminal" "the engine has three faces and knows none"

keep_out ui deps "$docker|^github\\.com/fsnotify/" "events in, frames and intents out; no IO in Update, View is pure"
keep_out ui deps "^$module/(watch|cmd|engine($|/([^e]|e[^v])))" "of the engine a face knows its events only"

keep_out cmd/stagewatch imports '^github\.com/(docker/docker|moby/buildkit|fsnotify)(/|$)' "flags and wiring; logic lives in the rooms"

for room in watch engine/event engine/plan engine/build engine/image engine/run engine/front engine ui cmd/stagewatch; do
  packages "$room" >/dev/null || breaches=$((breaches + 1))
done
if ((breaches > 0)); then
  printf 'boundaries: %d to mend. The rooms and why they are apart: the table in README.md.\n' "$breaches" >&2
  exit 1
fi
