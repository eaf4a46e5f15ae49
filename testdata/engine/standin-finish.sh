#!/usr/bin/env bash
# What both stand-ins have in common.
#
#   wheels OUT           the wheels that pip finds with no PyPI
#   pip ROOT WHEELS      pip, setuptools and wheel into the root, the wheels into its /opt/wheels
#   verify slim|alpine ROOT
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
source "$(dirname "${BASH_SOURCE[0]}")/standin-apt.sh"

wheels() {
  local out=$1 source="$1.setuptools"
  rm -rf "$out" "$source"
  mkdir -p "$source"
  # Debian's other packages of these names are compiled for a newer Python; markupsafe works without.
  /usr/bin/python3 "$(dirname "${BASH_SOURCE[0]}")/standin-wheels.py" "$out" \
    "$downloads"/trixie/debs/python3-*.deb "$(downloaded bullseye debs python3-psutil)" \
    "$(downloaded bullseye debs python3-simplejson)" "$(downloaded bullseye debs python3-markupsafe)"
  # Debian's own wheel of setuptools cannot `pip install .`; upstream's source builds itself.
  tar -xf "$(downloaded trixie sources setuptools)" -C "$source" --strip-components=1
  (cd "$source" && /usr/bin/python3 -c "from setuptools import build_meta; build_meta.build_wheel('$out')")
  rm -rf "$source"
  local package
  for package in pip wheel; do
    dpkg-deb --fsys-tarfile "$(downloaded bookworm debs "python3-$package-whl")" |
      tar -x -C "$out" --strip-components=4 --wildcards './usr/share/python-wheels/*.whl'
  done
}

# in_root ROOT COMMAND…: the caller's mount namespace is private, so that nothing stays mounted whatever happens.
in_root() {
  local root=$1
  shift
  mountpoint -q "$root/dev" || mount --rbind /dev "$root/dev"
  mountpoint -q "$root/proc" || mount -t proc proc "$root/proc"
  env -i PATH=/usr/local/bin:/usr/local/sbin:/usr/sbin:/usr/bin:/sbin:/bin LANG=C.UTF-8 HOME=/root \
    PYTHONDONTWRITEBYTECODE=1 chroot "$root" "$@"
}

pip() {
  local root=$1 wheels=$2 pip
  rm -rf "$root/opt/wheels"
  mkdir -p "$root/opt"
  cp -R "$wheels" "$root/opt/wheels"
  printf '[global]\nno-index = true\nfind-links = /opt/wheels\n' >"$root/etc/pip.conf"
  pip=$(basename "$wheels"/pip-*.whl)
  # No byte code, as in the official images.
  in_root "$root" python3 "/opt/wheels/$pip/pip" install --no-cache-dir --no-compile --root-user-action=ignore \
    pip setuptools wheel
  # pip has no business among what pip finds: nobody pins it, and it would be an upgrade to itself.
  rm -f "$root/opt/wheels/$pip"
}

verify() {
  local base=$1 root=$2 modules
  if [[ $base == alpine ]]; then
    modules="zlib, math, _socket, select, _struct, _json, _datetime, _pickle, _random, _ctypes, _decimal, pyexpat, mmap"
    modules+=", _posixsubprocess, _queue, _asyncio, unicodedata, fcntl, termios, _sha256, _blake2, _csv, array, binascii"
  else
    modules="ssl, ctypes, sqlite3, bz2, lzma, readline, _hashlib, zlib, _decimal, _dbm, _uuid, pyexpat"
  fi
  in_root "$root" python3 -c "import $modules; import sys; assert sys.version_info[:3] == (3, 9, 2), sys.version" ||
    die "the Python of the $base stand-in lacks a module that it must have."
  in_root "$root" python3 -c "import sys, site; assert sys.prefix == '/usr/local' and site.getsitepackages() == ['/usr/local/lib/python3.9/site-packages']" ||
    die "the Python of the $base stand-in does not have the official layout under /usr/local."
  in_root "$root" pip --version | grep -F 'pip 23.0.1 ' || die "pip does not start in the $base stand-in."
  if [[ $base == alpine ]]; then
    local interpreter
    interpreter=$(file_interpreter "$root/usr/local/bin/python3.9")
    [[ $interpreter == /lib/ld-musl-* ]] || die "the Python of the alpine stand-in is loaded by $interpreter and not by musl."
    in_root "$root" /lib/ld-musl-*.so.1 --version 2>&1 | grep -i musl || true
    [[ -z $(find "$root/lib" "$root/usr/lib" -name 'libc.so.6') ]] || die "there is a glibc in the alpine stand-in."
  fi
}

file_interpreter() { readelf -l "$1" | sed -n 's/.*Requesting program interpreter: \(.*\)\].*/\1/p'; }

"$@"
