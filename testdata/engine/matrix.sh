#!/usr/bin/env bash
# matrix.sh FLAVOUR…: every test that talks to an engine, on each of these private engines; at the end one table. FLAVOURS are
# those of lib.sh; without any, all of them. TESTARGS are flags of go test, PKGS a folder/... to stay in. Fails where a test
# fails.
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
cd "$here/../.."

wanted=("$@")
((${#wanted[@]} > 0)) || wanted=("${flavours[@]}")
for name in "${wanted[@]}"; do
  [[ " ${flavours[*]} " == *" $name "* ]] || die "there is no engine $name. There are: ${flavours[*]}"
done
logs="$STAGEWATCH_CACHE/matrix"
gotestsum=gotest.tools/gotestsum@v1.13.0
mkdir -p "$logs"

# The packages whose tests use an engine, and those that drive the whole program on one.
within=${PKGS:-./...} packages=()
for package in $(git grep -lE 'docktest\.|solvetest\.|dock\.Connect' -- '*_test.go' | xargs -n1 dirname | sort -u); do
  [[ ./$package/ != "${within%...}"* ]] || packages+=("./$package")
done
((${#packages[@]} > 0)) || die "no package in $within has a test that talks to an engine."

table=$(printf '%-6s %-14s %-10s %6s %6s %7s  %s\n' ENGINE VERSION STORE PASSED FAILED MINUTES 'FAILED TESTS')
broken=0
for name in "${wanted[@]}"; do
  began=$SECONDS log="$logs/$name.log"
  # Each engine has places of its own, and not those of the engine that make was told of.
  run=(env -u STAGEWATCH_STATE -u STAGEWATCH_RUN -u STAGEWATCH_BRIDGE "ENGINE=$name")
  if ! "${run[@]}" "$here/setup.sh" "$name"; then
    table+=$'\n'$(printf '%-6s %s' "$name" 'can not be had; what it said is above')
    broken=1
    continue
  fi
  host=$("${run[@]}" "$here/engine.sh" status)
  read -r version store < <(DOCKER_HOST=$host docker info --format '{{.ServerVersion}} {{.Driver}}')
  say "testing on engine $name ($version, $store): ${#packages[@]} packages (log: $log)"
  # shellcheck disable=SC2086
  DOCKER_HOST=$host "${run[@]}" go run "$gotestsum" --format pkgname --hide-summary skipped --jsonfile "$log" -- \
    -count=1 ${TESTARGS:--timeout 20m -p 1} "${packages[@]}" >&2 || broken=1
  count() { grep -c "\"Action\":\"$1\".*\"Test\":\"[^/\"]*\"" "$log" || true; }
  failed=$(grep -o '"Action":"fail".*"Test":"[^/"]*"' "$log" | sed 's/.*"Test":"//; s/"//' | sort -u | paste -sd' ' || true)
  table+=$'\n'$(printf '%-6s %-14s %-10s %6d %6d %7d  %s' "$name" "${version%%+*}" "$store" "$(count pass)" "$(count fail)" $(((SECONDS - began + 30) / 60)) "$failed")
done
printf '%s\n' "$table"
exit "$broken"
