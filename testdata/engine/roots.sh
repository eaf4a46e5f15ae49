#!/usr/bin/env bash
# roots.sh FLAVOUR|buildkitd: sees to it that the programs of an engine are there, and prints `ROOT DAEMON`: the root file
# system that it runs on, and its dockerd within. The flavours are those of lib.sh.
#
# 20 is the docker.io of this machine. Of the others the root file systems come from Debian (trixie has 26, sid has 28), and
# the dockerd of 29, which Debian does not have, from its Go modules, as does buildkitd. All of it is kept in the cache, made
# once.
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
roots="$STAGEWATCH_CACHE/engines"
moby=v2.0.0-beta.24

# The mirror that this machine's own packages come from.
mirror() {
  local uris
  # shellcheck disable=SC2016
  uris=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' | grep -v security) || die "no Debian mirror is set up on this machine, and engine $flavour comes from one. Set one up in /etc/apt, or use ENGINE=auto."
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

# debian SUITE VERSION PACKAGES…: a root file system of that suite, whose dockerd is of that version, or of any.
debian() {
  local suite=$1 version=$2 root="$roots/$1" uri
  shift 2
  alone "$suite"
  if [[ ! -x $root/usr/sbin/dockerd ]]; then
    "$here/packages.sh" roots
    uri=$(mirror)
    rm -rf --one-file-system "$root.new" "$root"
    # The index of an unstable suite says until when it holds; a mirror that lags behind is good enough here.
    step "fetching Debian $suite with its Docker Engine, about a minute, once" "$roots/$suite.log" \
      mmdebstrap --aptopt='Acquire::Check-Valid-Until "false"' --aptopt='Acquire::Retries "3"' --variant=minbase \
      --include="docker.io,ca-certificates,git,iptables,iproute2,procps$(printf ',%s' "$@")" "$suite" "$root.new" "$uri"
    mv "$root.new" "$root"
  fi
  local have_version
  have_version=$(chroot "$root" /usr/sbin/dockerd --version)
  [[ $version == any || $have_version == "Docker version $version."* ]] ||
    die "Debian $suite has ${have_version%,*} by now, and not $version. Delete $root when you want what it has, and mend $here/roots.sh."
  printf '%s\n' "$root"
}

# modules DIR WHAT PROGRAMS BUILD MODULE…: programs that are built from Go modules, in that folder of the cache. BUILD is the
# function that builds them, in the folder of an empty module that requires the modules: `go install` takes none that
# replaces or excludes another one.
modules() {
  local name=$1 dir="$roots/$1" what=$2 programs=$3 build=$4 program missing=
  shift 4
  alone "$name"
  for program in $programs; do [[ -x $dir/$program ]] || missing=yes; done
  [[ -n $missing ]] || return 0
  have go || die "go is missing, and $what is built with it: https://go.dev/doc/install"
  rm -rf --one-file-system "$dir.new"
  mkdir -p "$dir.new/module"
  step "fetching the source of $what" "$roots/$name.log" fetch_modules "$dir.new/module" "$@"
  step "building $what, several minutes, once" "$roots/$name.log" in_module "$dir.new/module" "$build"
  rm -rf --one-file-system "$dir" "$dir.new/module"
  mv "$dir.new" "$dir"
}

fetch_modules() { cd "$1" && go mod init stagewatch-engines && go get "${@:2}"; }

in_module() { cd "$1" && "$2"; }

engine29() { modules 29 "Docker Engine 29" "dockerd docker-proxy" build_engine29 "github.com/moby/moby/v2/cmd/dockerd@$moby" "github.com/moby/moby/v2/cmd/docker-proxy@$moby"; }

# A dockerd built from modules has no version of its own, and clients want one that they can compare.
build_engine29() {
  CGO_ENABLED=1 go build -trimpath -ldflags '-X github.com/moby/moby/v2/dockerversion.Version=29.0.0' \
    -tags 'exclude_graphdriver_btrfs exclude_graphdriver_devicemapper' -o ../dockerd github.com/moby/moby/v2/cmd/dockerd &&
    go build -trimpath -o ../docker-proxy github.com/moby/moby/v2/cmd/docker-proxy
}

# The BuildKit of the version whose frontend is ours.
buildkit=$(awk '$1 == "github.com/moby/buildkit" {print $2}' "$here/../../go.mod")

buildkitd() { modules "buildkitd-$buildkit" "buildkitd $buildkit" buildkitd build_buildkitd "github.com/moby/buildkit/cmd/buildkitd@$buildkit"; }

build_buildkitd() {
  CGO_ENABLED=0 go build -trimpath -ldflags "-X github.com/moby/buildkit/version.Version=$buildkit" -o ../buildkitd github.com/moby/buildkit/cmd/buildkitd
}

flavour=${1:?usage: roots.sh FLAVOUR|buildkitd}
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
  # What Debian has beside its dockerd will do.
  29 | 29c) root=$(debian sid any) && engine29 && printf '%s %s/29/dockerd\n' "$root" "$roots" ;;
  buildkitd) buildkitd && printf '/ %s/buildkitd-%s/buildkitd\n' "$roots" "$buildkit" ;;
  *) die "there is no engine $flavour. There are: ${flavours[*]}" ;;
esac
