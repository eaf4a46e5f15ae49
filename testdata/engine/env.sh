#!/usr/bin/env bash
# env.sh [auto|private|none]: the lines that make a shell use the engine of `make run` and `make test`:
#   eval "$(make -s engine-env)"
# Nothing where the docker client finds that engine by itself.
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

read -r kind host < <("$(dirname "${BASH_SOURCE[0]}")/choose.sh" "${1:-auto}")
[[ $kind != private ]] || printf 'export DOCKER_HOST=%s\n' "$host"
