#!/usr/bin/env bash
# choose.sh auto|private|none|FLAVOUR: which engine it is to be. Prints `user HOST`, `private HOST` or `none`; a HOST that is
# empty means what the docker client finds by itself. Starts nothing.
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

case ${1:-auto} in
  none) echo none ;;
  private | "$flavour") echo "private $private_host" ;;
  auto)
    if [[ ${DOCKER_HOST:-} == "$private_host" ]]; then
      echo "private $private_host"
    elif engine_version "" >/dev/null; then
      echo "user ${DOCKER_HOST:-}"
    else
      [[ -z ${DOCKER_HOST:-} ]] || say "DOCKER_HOST=$DOCKER_HOST does not answer; using the project's private engine instead."
      echo "private $private_host"
    fi
    ;;
  *) die "ENGINE=$1? It is one of auto (the default), private, none, and the private engines ${flavours[*]}." ;;
esac
