#!/usr/bin/env bash
# packages.sh engine|buildkitd|bases|roots|test|lint: installs the Debian packages that are missing for one purpose.
#
# When nothing is missing it asks nobody and changes nothing; only then apt-get update would be due.
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

# program:package pairs. A program that is there, from wherever, is good enough.
engine=(dockerd:docker.io docker:docker.io ip:iproute2 iptables:iptables flock:util-linux setsid:util-linux)
buildkitd=(runc:runc flock:util-linux setsid:util-linux)
bases=(mmdebstrap:mmdebstrap musl-gcc:musl-tools gcc:gcc make:make xz:xz-utils tar:tar dpkg-deb:dpkg
  dpkg-source:dpkg-dev python3:python3 patch:patch)
roots=(mmdebstrap:mmdebstrap gcc:gcc)
test=(gcc:gcc git:git tmux:tmux curl:curl vim:vim nvim:neovim nano:nano emacs:emacs-nox)
lint=(git:git shellcheck:shellcheck)

missing() {
  local pair
  for pair in "$@"; do have "${pair%%:*}" || printf '%s\n' "${pair##*:}"; done | sort -u
}

install_packages() {
  local purpose=$1 log="$STAGEWATCH_CACHE/apt-$1.log"
  shift
  if ! have apt-get; then
    die "missing: $*. This machine has no apt-get; install the like of them by hand."
  fi
  if [[ $(id -u) != 0 ]]; then
    die "missing: $*. Install them: sudo apt-get install --no-install-recommends $*"
  fi
  mkdir -p "$STAGEWATCH_CACHE"
  say "installing $* (log: $log)"
  # Two makes at once must not meet in dpkg's lock.
  exec 8>"$STAGEWATCH_CACHE/apt.lock"
  flock -w 300 8 || die "another installation has held $STAGEWATCH_CACHE/apt.lock for five minutes."
  without_services
  export DEBIAN_FRONTEND=noninteractive
  local apt=(apt-get -o Acquire::Retries=3 -o Dpkg::Use-Pty=0 -o DPkg::Lock::Timeout=120)
  if ! { "${apt[@]}" update && "${apt[@]}" install -y --no-install-recommends "$@"; } </dev/null >"$log" 2>&1 8>&-; then
    tail -n 12 "$log" | sed 's/^/    /' >&2
    die "could not install $* for $purpose. What apt said is above (all of it: $log). Mend that, then run it again."
  fi
}

# docker.io's installation starts a system-wide engine where there is systemd. Nobody asked for that one. The lock is held: the
# end of one installation would take this away from another.
without_services() {
  local policy=/usr/sbin/policy-rc.d
  if [[ $(id -u) == 0 && ! -e $policy ]]; then
    trap 'rm -f /usr/sbin/policy-rc.d' EXIT
    printf '#!/bin/sh\nexit 101\n' >"$policy"
    chmod 755 "$policy"
  fi
}

purpose=${1:-}
case $purpose in
  engine) wanted=("${engine[@]}") ;;
  buildkitd) wanted=("${buildkitd[@]}") ;;
  bases) wanted=("${bases[@]}") ;;
  roots) wanted=("${roots[@]}") ;;
  test) wanted=("${test[@]}") ;;
  lint) wanted=("${lint[@]}") ;;
  *) die "usage: packages.sh engine|buildkitd|bases|roots|test|lint" ;;
esac

# dockerd, ip and iptables live in sbin, which is not on everybody's PATH.
PATH="$PATH:/usr/sbin:/sbin"
mapfile -t packages < <(missing "${wanted[@]}")
((${#packages[@]} > 0)) || exit 0
# From trixie on the client is a package of its own that docker.io only recommends.
if [[ " ${packages[*]} " == *" docker.io "* ]] && ! have docker && apt-cache show docker-cli >/dev/null 2>&1; then
  packages+=(docker-cli)
fi
install_packages "$purpose" "${packages[@]}"
