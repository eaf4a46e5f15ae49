# shellcheck shell=bash
# A private apt for the stand-ins: own sources, lists, cache and status, the host's keyring. Sourced.
# The machine's own apt configuration is read for two things only, its mirror and its proxy, and never written.

keyring=/usr/share/keyrings/debian-archive-keyring.gpg
apt_root="$STAGEWATCH_CACHE/bases/apt"
downloads="$STAGEWATCH_CACHE/bases/downloads"

# The mirrors worth trying: the ones that STAGEWATCH_MIRROR names, for a machine whose own has no Debian or a release
# that has moved to the archive, then this machine's own.
mirrors() {
  {
    tr ' ' '\n' <<<"${STAGEWATCH_MIRROR:-}" | grep . || true
    # The $(…) is apt's.
    # shellcheck disable=SC2016
    apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 2>/dev/null |
      grep -E '^https?://[^ ]*/debian/?$' | sed 's#/$##' | head -n 1 || true
  } | awk '!seen[$0]++'
}

# private_apt SUITE COMMAND…: apt-get or apt-cache with the private configuration of that suite.
private_apt() {
  local suite=$1
  shift
  APT_CONFIG="$apt_root/$suite/apt.conf" "$@"
}

write_apt_conf() {
  local suite=$1 dir="$apt_root/$1"
  mkdir -p "$dir"/{sources,conf.d,preferences,lists/partial,cache/archives/partial}
  : >>"$dir/status"
  {
    cat <<CONF
Dir::Etc::SourceList "/dev/null";
Dir::Etc::SourceParts "$dir/sources";
Dir::Etc::Parts "$dir/conf.d";
Dir::Etc::Preferences "/dev/null";
Dir::Etc::PreferencesParts "$dir/preferences";
Dir::State "$dir";
Dir::State::Lists "$dir/lists";
Dir::State::status "$dir/status";
Dir::Cache "$dir/cache";
APT::Sandbox::User "root";
APT::Update::Error-Mode "any";
Acquire::Languages "none";
Acquire::Check-Valid-Until "false";
CONF
    acquire_options
  } >"$dir/apt.conf"
}

# How this machine reaches a mirror (a proxy, a time limit), in apt.conf's own words.
acquire_options() {
  printf 'Acquire::Retries "3";\nAcquire::http::Timeout "30";\nAcquire::https::Timeout "30";\n'
  env -u APT_CONFIG apt-config dump | grep -E '^Acquire::https?::(Proxy|CaInfo|[^ ]*::Proxy)[^ ]* "[^"]' || true
}

# update_lists SUITE: fetches the package lists from the first mirror that has the suite, remembers which.
update_lists() {
  local suite=$1 mirror dir="$apt_root/$1"
  rm -rf "$dir/lists"
  write_apt_conf "$suite"
  for mirror in $(mirrors); do
    cat >"$dir/sources/debian.sources" <<SOURCES
Types: deb deb-src
URIs: $mirror
Suites: $suite
Components: main
Signed-By: $keyring
SOURCES
    if private_apt "$suite" apt-get update; then
      printf '%s\n' "$mirror" >"$dir/mirror"
      return
    fi
  done
  die "no Debian mirror gave the package lists of $suite (tried: $(mirrors "$suite" | paste -sd' ')). Check this machine's network, then run it again."
}

# fetch SUITE debs|sources NAME…: downloads into the folder that `downloaded` looks in. What is whole already is
# not fetched again; what is no longer asked for, or was replaced by a newer revision, goes.
fetch() {
  local suite=$1 kind=$2 dir="$downloads/$1/$2" wanted file
  shift 2
  mkdir -p "$dir"
  local command=(apt-get download "$@")
  # The upstream tarball only: Debian's patches stay off.
  [[ $kind == debs ]] || command=(apt-get source --download-only --tar-only "$@")
  wanted=$(private_apt "$suite" "${command[@]}" --print-uris | awk '/^.https?:/ {print $2}') || wanted=
  [[ -n $wanted ]] || die "the package lists of $suite do not name all of: $*."
  if ! (cd "$dir" && private_apt "$suite" "${command[@]}" 2>&1) | tee "$dir.log"; then
    file=$(sed -n 's/^E: Failed to fetch \([^ ]*\).*/\1/p' "$dir.log" | head -n 1)
    die "downloading ${file:-$*} broke off. What has arrived is kept: check this machine's network, then run it again."
  fi
  for file in "$dir"/*; do
    grep -qxF "${file##*/}" <<<"$wanted" || rm -f "$file"
  done
}

# downloaded SUITE KIND NAME: the file of that package.
downloaded() {
  local files=("$downloads/$1/$2/$3"_*)
  [[ -f ${files[0]} ]] || die "$3 of $1 is missing from $downloads; run it again."
  printf '%s\n' "${files[0]}"
}
