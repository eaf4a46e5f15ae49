# shellcheck shell=bash
# What every script in this folder shares: where things live, how it talks, how it stops.
# Sourced, never run. All talk goes to stderr: stdout belongs to what a script is asked for.

set -euo pipefail
umask 022

# The private engines: the release, and a c for the containerd image store in place of overlay2's. 20 is Debian's own.
flavours=(20 26 26c 28 28c 29 29c)
# ENGINE names one of them, or says how one is chosen: then it is 20.
flavour=20
for f in "${flavours[@]}"; do [[ ${ENGINE:-} != "$f" ]] || flavour=$f; done

# One private engine of a flavour a machine, shared by every checkout: a second clone must not build the bases again.
# The overrides exist so that the set-up itself can be tried beside a running one.
of=${flavour/#20/}
export STAGEWATCH_STATE="${STAGEWATCH_STATE:-/var/lib/stagewatch${of:+-$of}}"
export STAGEWATCH_RUN="${STAGEWATCH_RUN:-/run/stagewatch${of:+-$of}}"
export STAGEWATCH_BRIDGE="${STAGEWATCH_BRIDGE:-stagewatch${of:-0}}"
STAGEWATCH_CACHE="${STAGEWATCH_CACHE:-${XDG_CACHE_HOME:-${HOME:-/root}/.cache}/stagewatch}"
export STAGEWATCH_CACHE

engine_socket="$STAGEWATCH_RUN/docker.sock"
# Used by the scripts that source this file.
# shellcheck disable=SC2034
private_host="unix://$engine_socket"

say() { printf '%s\n' "stagewatch: $*" >&2; }

# The sentence also goes to the file that a caller named: it is what gets shown of a step that wrote into a log.
die() {
  say "$*"
  [[ -z ${STAGEWATCH_WHY:-} ]] || printf '%s\n' "$*" >"$STAGEWATCH_WHY"
  exit 1
}

have() { command -v "$1" >/dev/null 2>&1; }

# need_space DIR MEGABYTES WHAT-FOR: a full disk half way gives errors that nobody can read.
need_space() {
  local dir=$1 want=$2 what=$3 free
  while [[ ! -d $dir ]]; do dir=$(dirname "$dir"); done
  free=$(df -Pm "$dir" | awk 'NR==2 {print $4}')
  if ((free < want)); then
    die "$what needs about $want MB of free disk in $dir and there are $free MB. Free some space and run it again."
  fi
}

# engine_version HOST: prints the version of the engine at HOST ('' = what the docker client chooses by itself),
# fails when nothing answers within five seconds.
engine_version() {
  have docker || return 1
  local host=$1
  if [[ -n $host ]]; then
    DOCKER_HOST=$host timeout 5 docker version --format '{{.Server.Version}}' 2>/dev/null
  else
    timeout 5 docker version --format '{{.Server.Version}}' 2>/dev/null
  fi
}
