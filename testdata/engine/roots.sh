#!/usr/bin/env bash
# roots.sh FLAVOUR: sees to it that the programs of an engine are there, and prints `ROOT DOCKERD`: the root file system
# that it runs on, and its dockerd within. The flavours are those of lib.sh.
#
# 20 is the docker.io of this machine. Of the others the root file systems come from Debian (trixie has 26, sid has 28), and
# the dockerd of 29, which Debian does not have, from its Go modules. All of it is kept in the cache, made once.
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
roots="$STAGEWATCH_CACHE/engines"
moby=v2.0.0-beta.24

# The mirror that this machine's own packages come from.
mirror() {
  local uris
  # shellcheck disable=SC2016
  uris=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' | grep -v security) || die "no Debian mirror is set up on this machine, and engine $1 comes from one. Set one up in /etc/apt, or use ENGINE=auto."
  head -n 1 <<<"$uris"
}

# step WHAT LOG COMMAND…: runs it with its output in the log, and shows the end of that when it fails.
step() {
  local what=$1 log=$2 began=$SECONDS
  shift 2
  say "$what (log: $log)"
  if ! "$@" </dev/null >"$log" 2>&1 8>&-; then
    tail -n 8 "$log" | cut -c1-300 | sed 's/^/    /' >&2
    die "failed: $what. The end of $log is above."
  fi
  say "  done after $((SECONDS - began)) s"
}

# alone NAME: one run at a time makes a part; the others wait here, and then find it made.
alone() {
  exec 8>"$roots/$1.lock"
  flock -n 8 && return
  say "waiting for another run that fetches the same engine"
  flock -w 1800 8 || die "another run has held $roots/$1.lock for half an hour. See who: fuser -v $roots/$1.lock"
}

# debian SUITE VERSION PACKAGES…: a root file system of that suite, whose dockerd is of that version.
debian() {
  local suite=$1 version=$2 root="$roots/$1" uri
  shift 2
  alone "$suite"
  if [[ ! -x $root/usr/sbin/dockerd ]]; then
    "$here/packages.sh" roots
    uri=$(mirror "$version")
    rm -rf --one-file-system "$root.new" "$root"
    # The index of an unstable suite says until when it holds; a mirror that lags behind is good enough here.
    step "fetching Docker Engine $version from Debian $suite, about a minute, once" "$roots/$suite.log" \
      mmdebstrap --aptopt='Acquire::Check-Valid-Until "false"' --aptopt='Acquire::Retries "3"' --variant=minbase \
      --include="docker.io,ca-certificates,git,iptables,iproute2,procps$(printf ',%s' "$@")" "$suite" "$root.new" "$uri"
    mv "$root.new" "$root"
  fi
  local have_version
  have_version=$(chroot "$root" /usr/sbin/dockerd --version)
  [[ $have_version == "Docker version $version."* ]] ||
    die "Debian $suite has ${have_version%,*} by now, and not $version. Delete $root when you want what it has, and mend $here/roots.sh."
  printf '%s\n' "$root"
}

# modules: the dockerd of Engine 29, built.
modules() {
  local dir="$roots/29"
  alone 29
  [[ ! -x $dir/dockerd || ! -x $dir/docker-proxy ]] || return 0
  have go || die "go is missing, and the dockerd of engine 29 is built with it: https://go.dev/doc/install"
  rm -rf --one-file-system "$dir.new"
  mkdir -p "$dir.new/module"
  step "fetching the source of Docker Engine 29" "$roots/29.log" fetch_modules "$dir.new/module"
  step "building Docker Engine 29, several minutes, once" "$roots/29.log" build_modules "$dir.new"
  rm -rf --one-file-system "$dir" "$dir.new/module"
  mv "$dir.new" "$dir"
}

fetch_modules() {
  cd "$1" && go mod init engine29 && go get "github.com/moby/moby/v2/cmd/dockerd@$moby" "github.com/moby/moby/v2/cmd/docker-proxy@$moby"
}

# A dockerd built from modules has no version of its own, and clients want one that they can compare.
build_modules() {
  cd "$1/module" &&
    CGO_ENABLED=1 go build -trimpath -ldflags '-X github.com/moby/moby/v2/dockerversion.Version=29.0.0' \
      -tags 'exclude_graphdriver_btrfs exclude_graphdriver_devicemapper' -o ../dockerd github.com/moby/moby/v2/cmd/dockerd &&
    go build -trimpath -o ../docker-proxy github.com/moby/moby/v2/cmd/docker-proxy
}

flavour=${1:?usage: roots.sh FLAVOUR}
if [[ $flavour == 20 ]]; then
  # engine.sh has installed it: the others need its docker client too.
  printf '/ dockerd\n'
  exit
fi
[[ $(id -u) == 0 ]] || die "engine $flavour needs root, for a root file system of its own."
mkdir -p "$roots"
case $flavour in
  26 | 26c) root=$(debian trixie 26.1 docker-cli) && printf '%s /usr/sbin/dockerd\n' "$root" ;;
  28 | 28c) root=$(debian sid 28.5) && printf '%s /usr/sbin/dockerd\n' "$root" ;;
  29 | 29c) root=$(debian sid 28.5) && modules && printf '%s %s/29/dockerd\n' "$root" "$roots" ;;
  *) die "there is no engine $flavour. There are: ${flavours[*]}" ;;
esac
