#!/usr/bin/env bash
# The stand-in for python:3.9-slim: Debian bullseye, and CPython 3.9.2 under /usr/local as the official image has it.
#
#   debian TAR      the bare Debian root, as mmdebstrap makes it
#   python ROOT     CPython into that root: bullseye's binary and modules, upstream's own library
#
# Nothing is compiled. The library is upstream's and not Debian's, whose patches move site-packages.
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
source "$(dirname "${BASH_SOURCE[0]}")/standin-apt.sh"

# What the official image has beside the bare system, and what bullseye's python modules link to.
include=(ca-certificates netbase tzdata media-types libexpat1 libssl1.1 libffi7 libmpdec3 libncursesw6 libreadline8
  libsqlite3-0 libuuid1 libnsl2 libtirpc3 libdb5.3)

debian() {
  local mirror options=()
  mirror=$(<"$apt_root/bullseye/mirror")
  while read -r line; do options+=(--aptopt="$line"); done < <(acquire_options)
  # What debuerreotype leaves out of Debian's slim images.
  local path
  for path in man locale doc groff info lintian linda; do options+=(--dpkgopt="path-exclude=/usr/share/$path/*"); done
  options+=(--dpkgopt='path-include=/usr/share/doc/*/copyright')
  mmdebstrap --mode=root --variant=minbase --format=tar --include="$(IFS=,; echo "${include[*]}")" \
    --keyring="$keyring" --aptopt='Acquire::Check-Valid-Until "false"' "${options[@]}" \
    bullseye "$1" "deb $mirror bullseye main" ||
    die "building the Debian bullseye root from $mirror failed. If a download broke off: check this machine's network, then run it again."
}

python() {
  local root=$1 debs="$1.debs" lib="$1/usr/local/lib/python3.9"
  rm -rf "$debs"
  mkdir -p "$debs" "$lib"
  local deb
  for deb in python3.9-minimal libpython3.9-minimal libpython3.9-stdlib; do
    dpkg-deb -x "$(downloaded bullseye debs "$deb")" "$debs"
  done
  tar -xf "$(downloaded bullseye sources python3.9)" -C "$lib" --strip-components=2 --wildcards \
    --exclude='*/test' --exclude='*/tests' --exclude='*/idle_test' '*/Lib/*'
  install -m 755 "$debs/usr/bin/python3.9" "$root/usr/local/bin/python3.9"
  cp -a "$debs/usr/lib/python3.9/lib-dynload" "$lib/"
  cp "$debs"/usr/lib/python3.9/_sysconfigdata_*.py "$lib/"
  ln -sf python3.9 "$root/usr/local/bin/python3"
  ln -sf python3 "$root/usr/local/bin/python"
  rm -rf "$debs"
}

"$@"
