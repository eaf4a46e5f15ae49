#!/usr/bin/env bash
# setup.sh [auto|private|none]: an engine that answers, with the base images on it. Says nothing when all is there.
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)

read -r kind host < <("$here/choose.sh" "${1:-auto}") || exit 1
case $kind in
  none) exit 0 ;;
  private)
    if ! { have dockerd || have apt-get; } || [[ $(id -u) != 0 ]]; then
      "$here/engine.sh" status >/dev/null 2>&1 ||
        die "no Docker Engine answers here, and starting a private one takes root and Debian's apt. Install Docker Engine and start it (https://docs.docker.com/engine/install/), or run this as root."
    fi
    "$here/engine.sh" up
    ;;
esac
"$here/bases.sh" "$kind" "${host:-}"
