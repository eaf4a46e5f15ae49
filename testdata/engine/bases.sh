#!/usr/bin/env bash
# bases.sh private|user [HOST]: sees to it that an engine has the base images of the sample.
#
# There already: nothing to do. A registry answers: pulled. Neither, and the engine is the project's own: stand-ins.
# Never stand-ins on a user's engine: an image that calls itself python:3.9-slim and is not would stay there.
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
bases="$STAGEWATCH_CACHE/bases"
source "$here/standin-hash.sh"

kind=${1:?usage: bases.sh private|user [HOST]}
host=${2:-}
# A registry that has said nothing for this long is taken to be unreachable.
patience=10

docker_() { if [[ -n $host ]]; then DOCKER_HOST=$host docker "$@"; else docker "$@"; fi; }

recipe_of() { case $1 in python:3.9-slim) echo "$slim_hash" ;; *) echo "$alpine_hash" ;; esac; }

# missing IMAGE: not on the engine, or there as a stand-in that today's recipe would make differently.
missing() {
  local recipe
  recipe=$(docker_ image inspect --format '{{with .Config.Labels}}{{index . "stagewatch.stand-in.recipe"}}{{end}}' "$1" 2>/dev/null) || return 0
  [[ -n $recipe && $recipe != "$(recipe_of "$1")" && $kind == private ]]
}

# pull IMAGE: 0 pulled; 1 no registry answers, the reason in $reason; ends everything when a pull breaks off half way.
pull() {
  local image=$1 log pid started=$SECONDS
  log=$(mktemp)
  docker_ pull "$image" >"$log" 2>&1 </dev/null &
  pid=$!
  # Once it says "Pulling from", the registry has named the image's layers.
  until grep -q 'Pulling from' "$log" || ! kill -0 "$pid" 2>/dev/null || ((SECONDS - started >= patience)); do sleep 0.05; done
  if grep -q 'Pulling from' "$log"; then
    say "pulling $image"
    if wait "$pid"; then
      rm -f "$log"
      return 0
    fi
    reason=$(tail -n 1 "$log")
    rm -f "$log"
    die "pulling $image broke off: $reason. Layers that arrived are kept: run it again."
  fi
  if kill "$pid" 2>/dev/null; then
    reason="no answer within $patience s"
  elif wait "$pid"; then
    rm -f "$log"
    return 0
  else
    # "Get "https://…": dial tcp: lookup HOST on ADDRESS: no such host" says too much.
    reason=$(tail -n 1 "$log" |
      sed -E 's/^Error response from daemon: //; s/^Get "?https?:[^ ]*: //; s/^failed to resolve reference .*: (dial|lookup|Get|Head) /\1 /; s/dial tcp: //; s/ on [][0-9a-f.:]+: /: /')
  fi
  rm -f "$log"
  return 1
}

import() {
  local image=$1 tar=$2 what=$3 old
  old=$(docker_ image inspect --format '{{.Id}}' "$image" 2>/dev/null) || old=
  docker_ import \
    -c 'ENV PATH=/usr/local/bin:/usr/local/sbin:/usr/sbin:/usr/bin:/sbin:/bin' -c 'ENV LANG=C.UTF-8' \
    -c 'ENV PYTHON_VERSION=3.9.2' -c 'ENV PYTHON_PIP_VERSION=23.0.1' -c 'CMD ["python3"]' \
    -c "LABEL stagewatch.stand-in=\"$what\"" -c "LABEL stagewatch.stand-in.recipe=$(recipe_of "$image")" \
    "$tar" "$image" >/dev/null
  docker_ run --rm --network none "$image" python3 -c 'import sys; assert sys.version_info[:2] == (3, 9)' ||
    die "the stand-in for $image does not run on the engine."
  # The stand-in of an older recipe has lost its name by now. One that something still uses stays.
  [[ -z $old ]] || docker_ image rm "$old" >/dev/null 2>&1 || true
  say "$image is a stand-in: $what"
}

stand_ins() {
  local wanted=() image
  for image in "$@"; do
    [[ $image == python:3.9-slim ]] && tar=$slim_tar || tar=$alpine_tar
    [[ -e $tar ]] || wanted+=("${image#python:3.9-}")
  done
  if ((${#wanted[@]} > 0)); then
    "$here/packages.sh" bases
    need_space "$STAGEWATCH_CACHE" 2000 "building the stand-ins"
    "$here/standin.sh" "${wanted[@]}"
  fi
  for image in "$@"; do
    case $image in
      python:3.9-slim) import "$image" "$slim_tar" "Debian bullseye and CPython 3.9.2 from Debian's packages, not the official image" ;;
      *) import "$image" "$alpine_tar" "musl, busybox and CPython 3.9.2 from Debian's packages and sources, not the official image" ;;
    esac
  done
}

need() {
  todo=()
  local image
  for image in python:3.9-slim python:3.9-alpine; do ! missing "$image" || todo+=("$image"); done
}

have docker || die "the docker client is missing (the engine answers). Install it: apt-get install docker-cli, or docker.io on Debian 12."
need
((${#todo[@]} > 0)) || exit 0

# One at a time: a second make waits here and then finds everything done.
mkdir -p "$bases"
exec 9>"$bases/lock"
if ! flock -n 9; then
  say "waiting for another run that is seeing to the base images"
  flock -w 1200 9 || die "another run has held $bases/lock for 20 minutes. See who: fuser -v $bases/lock"
  need
fi

reason=
for image in "${todo[@]}"; do
  if ! pull "$image"; then
    [[ $kind == private ]] ||
      die "$image is not on the engine, and no registry gave it ($reason). Make a registry reachable for that engine, or use the project's own one, which gets stand-ins: ENGINE=private make run"
    say "no registry gave $image ($reason): building stand-ins from Debian's packages, once"
    need
    stand_ins "${todo[@]}"
    exit
  fi
done
