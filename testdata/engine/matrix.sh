#!/usr/bin/env bash
# matrix.sh FLAVOUR…: every test that talks to an engine, on each of these private engines; at the end one table. FLAVOURS are
# those of lib.sh, and buildkitd; without any, all of them. TESTARGS are flags of go test, PKGS a folder/... to stay in. Fails
# where a test fails.
#
# buildkitd is a BuildKit with no engine around it, for the tests that are about one: they have Buildkitd in their names. It
# has no images: these tests fetch their base from engine 20.
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
cd "$here/../.."

wanted=("$@") all=("${flavours[@]}" buildkitd)
((${#wanted[@]} > 0)) || wanted=("${all[@]}")
for name in "${wanted[@]}"; do
  [[ " ${all[*]} " == *" $name "* ]] || die "there is no engine $name. There are: ${all[*]}"
done
logs="$STAGEWATCH_CACHE/matrix"
gotestsum=gotest.tools/gotestsum@v1.13.0
mkdir -p "$logs"

# using PATTERN: the packages, within PKGS, whose tests have that in them.
using() {
  local within=${PKGS:-./...} package
  for package in $(git grep -lE "$1" -- '*_test.go' | xargs -n1 dirname | sort -u); do
    [[ ./$package/ != "${within%...}"* ]] || printf './%s\n' "$package"
  done
}

# Those whose tests use an engine, and those that drive the whole program on one.
mapfile -t packages < <(using 'docktest\.|solvetest\.|dock\.Connect')
((${#packages[@]} > 0)) || die "no package in ${PKGS:-./...} has a test that talks to an engine."

table=$(printf '%-9s %-14s %-10s %6s %7s %6s %7s  %s\n' ENGINE VERSION STORE PASSED SKIPPED FAILED MINUTES 'FAILED TESTS')
broken=0
for name in "${wanted[@]}"; do
  began=$SECONDS log="$logs/$name.log"
  tested=("${packages[@]}") only=() engine=$name
  if [[ $name == buildkitd ]]; then
    mapfile -t tested < <(using 'docktest\.NewBuildkitd')
    ((${#tested[@]} > 0)) || continue
    only=(-run Buildkitd) engine=20
  fi
  # Each engine has places of its own, and not those of the engine that make was told of.
  run=(env -u STAGEWATCH_STATE -u STAGEWATCH_RUN -u STAGEWATCH_BRIDGE -u BUILDKIT_HOST "ENGINE=$engine")
  if ! "${run[@]}" "$here/setup.sh" "$engine" || [[ $name == buildkitd ]] && ! "${run[@]}" "$here/buildkitd.sh" up; then
    table+=$'\n'$(printf '%-9s %s' "$name" 'can not be had; what it said is above')
    broken=1
    continue
  fi
  host=$("${run[@]}" "$here/engine.sh" status)
  read -r version store < <(DOCKER_HOST=$host docker info --format '{{.ServerVersion}} {{.Driver}}')
  if [[ $name == buildkitd ]]; then
    run+=("BUILDKIT_HOST=$("${run[@]}" "$here/buildkitd.sh" host)")
    version=$(awk '$1 == "github.com/moby/buildkit" {print $2}' go.mod) store=overlayfs
  fi
  say "testing on engine $name ($version, $store): ${#tested[@]} packages (log: $log)"
  # shellcheck disable=SC2086
  DOCKER_HOST=$host "${run[@]}" go run "$gotestsum" --format pkgname --jsonfile "$log" -- \
    -count=1 ${TESTARGS:--timeout 30m -p 1} "${only[@]}" "${tested[@]}" >&2 || broken=1
  [[ $name != buildkitd ]] || "${run[@]}" "$here/buildkitd.sh" down
  # A test of which a part is skipped has passed all the same; the parts are counted, so that none goes unseen.
  skipped=$(grep -c '"Action":"skip".*"Test":' "$log" || true)
  # acted WORDS: the tests, not their parts, of which one of these is reported, with their packages.
  acted() { sed -nE 's/.*"Action":"('"$1"')","Package":"([^"]*)","Test":"([^"\/]*)".*/\2 \3/p' "$log" | sort -u; }
  # A test that the time limit or a crash ended began, and has no result.
  mapfile -t failed < <({ acted fail; comm -23 <(acted run) <(acted 'pass|fail|skip'); } | sort -u | cut -d' ' -f2)
  table+=$'\n'$(printf '%-9s %-14s %-10s %6d %7d %6d %7d  %s' "$name" "${version%%+*}" "$store" "$(acted pass | wc -l)" "$skipped" "${#failed[@]}" $(((SECONDS - began + 30) / 60)) "${failed[*]}")
done
printf '%s\n' "$table"
exit "$broken"
