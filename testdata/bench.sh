#!/usr/bin/env bash
# What stagewatch costs, as one table: each line measures ours and what it is held against in turn, in one run.
#
#   bench.sh BENCHTIME [flags of go test]
set -euo pipefail
cd "$(dirname "$0")/.."
times=$1
shift

# dive reads layers for comparison; a machine without it lacks that line alone.
dive=github.com/wagoodman/dive@v0.13.1
GOBIN=$PWD/bin go install "$dive" >/dev/null 2>&1 || echo "stagewatch: $dive does not build here: nothing to compare the reading of layers with" >&2
# So do an earlier stagewatch, and docker-compose. BEFORE is the earlier one's revision; unset, it is left out.
if [[ -n ${BEFORE:-} ]]; then
	earlier=$(mktemp -d)
	if git worktree add -q --detach "$earlier" "$BEFORE" && (cd "$earlier" && go build -o "$OLDPWD/bin/stagewatch-before" ./cmd/stagewatch); then
		export BENCH_BEFORE=$PWD/bin/stagewatch-before
	else
		echo "stagewatch: $BEFORE does not build here: no earlier stagewatch to compare with" >&2
	fi
	git worktree remove --force "$earlier"
fi
# Later ones need modules that not every proxy has.
compose=github.com/docker/compose/v5/cmd@v5.6.0
module=$(mktemp -d)
echo "stagewatch: building $compose, to compare with" >&2
if (cd "$module" && go mod init bench && go get "$compose" && go build -o "$OLDPWD/bin/docker-compose" "${compose%@*}") >/dev/null 2>&1; then
	export BENCH_COMPOSE=$PWD/bin/docker-compose
else
	echo "stagewatch: $compose does not build here: nothing to compare a save with" >&2
fi
rm -rf "$module"
export PATH=$PWD/bin:$PATH

out=$(mktemp)
trap 'rm -f "$out"' EXIT
# The engine's benchmarks cost a build each; the rest are taken as often as gives a steady figure.
for part in \
	"$times ./engine SaveToServed|SaveToBuilt" \
	"$times ./engine/image Read" \
	"$times ./engine/run Logs|Follow" \
	"$times ./engine/tree Rescan|Serve" \
	"$times ./cmd/stagewatch Start|Save" \
	"200ms ./engine/tree Load|Update" \
	"200ms ./engine/plan New|Predict|Bind|Relevant" \
	"200ms ./ui Frame|Update"; do
	read -r benchtime package names <<<"$part"
	echo "stagewatch: measuring $package: $names" >&2
	go test -run '^$' -bench "^Benchmark($names)\$" -benchtime "$benchtime" -benchmem -timeout 20m "$@" "$package" >>"$out" ||
		{ cat "$out" >&2; exit 1; }
done
printf '%s\n\n' "$(testdata/engine/about.sh)"
awk -f testdata/bench.awk "$out"
