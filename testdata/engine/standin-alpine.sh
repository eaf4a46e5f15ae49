#!/usr/bin/env bash
# The stand-in for python:3.9-alpine: CPython 3.9.2 on real musl, with busybox for a userland.
#
#   compile WORK TAR   CPython with musl-gcc; the tar holds its usr/local
#   root ROOT          musl's loader, busybox and the few files of /etc that programs look for
#
# Without ssl, sqlite3, bz2, lzma and readline: their libraries would double the compile, and a Flask app needs none.
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
source "$(dirname "${BASH_SOURCE[0]}")/standin-apt.sh"

machine=$(uname -m)
triple="$machine-linux-musl"

# What setup.py would build and musl or Debian's headers for it do not have. Named here, so that anything else
# that fails to build is an error: make itself exits 0 with every extension missing.
disabled="'_uuid', '_crypt', 'ossaudiodev', 'nis', '_xxsubinterpreters', 'xxlimited'"

unpack() {
  mkdir -p "$2"
  tar -xf "$(downloaded bullseye sources "$1")" -C "$2" --strip-components=1 "${@:3}"
}

# Two small libraries that Debian has for glibc only. In parallel: configure runs on one core.
libraries() {
  local work=$1 first second
  export CFLAGS="-O1 -fPIC -pipe"
  unpack zlib "$work/zlib"
  unpack libffi "$work/libffi"
  (cd "$work/zlib" && ./configure --static --prefix="$work/deps" && make -j2 libz.a && make install) &
  first=$!
  (cd "$work/libffi" && ./configure --disable-shared --disable-docs --prefix="$work/deps" --libdir="$work/deps/lib" &&
    make -j2 && make install) &
  second=$!
  wait "$first"
  wait "$second"
  unset CFLAGS
}

# setup.py looks for headers and libraries where glibc's are. Point it to musl's, and only there.
point_to_musl() {
  sed -i \
    -e 's/^TEST_EXTENSIONS = .*/TEST_EXTENSIONS = False/' \
    -e "s/^DISABLED_MODULE_LIST = .*/DISABLED_MODULE_LIST = [$disabled]/" \
    -e 's/^\( *\)self\.add_multiarch_paths()$/\1pass/' \
    -e "s#^\( *system_lib_dirs = \).*#\1['/usr/lib/$triple']#" \
    -e "s#^\( *system_include_dirs = \).*#\1['/usr/include/$triple']#" \
    -e "s#add_dir_to_list(self\.compiler\.\(library\|include\)_dirs, '/usr/local/[a-z]*')#pass#" \
    -e 's#sysconfig\.get_config_var("\(LIBDIR\|INCLUDEDIR\)"))#None)#' \
    "$1/setup.py"
  local expected
  for expected in 'TEST_EXTENSIONS = False' "'/usr/lib/$triple'" "'/usr/include/$triple'" "'_crypt'"; do
    grep -qF "$expected" "$1/setup.py" || die "CPython's setup.py is not the one this recipe knows ($expected did not go in)."
  done
}

compile() {
  local work=$1 tar=$2 py="$1/python" jobs
  jobs=$(nproc)
  rm -rf "$work"
  mkdir -p "$work"
  export CC=musl-gcc PKG_CONFIG=false
  libraries "$work"
  unpack python3.9 "$py" --exclude='*/Lib/test' --exclude='*/tests' --exclude='*/idle_test' --exclude='*/Doc'
  point_to_musl "$py"
  cd "$py" || exit
  # -O1 and no -g: it compiles in half the time, and what is measured here is builds, not Python.
  ./configure --prefix=/usr/local --without-ensurepip --with-openssl=/nonexistent \
    OPT='-DNDEBUG -fwrapv -O1' CFLAGS=-pipe CPPFLAGS="-I$work/deps/include" LDFLAGS="-L$work/deps/lib"
  make -j"$jobs" python
  make -j"$jobs" sharedmods 2>&1 | tee "$work/sharedmods.log"
  if grep -E '^(Failed to build|Following modules built successfully but)' "$work/sharedmods.log"; then
    die "some extension modules of CPython did not compile for musl."
  fi
  install_python "$py" "$work/install/usr/local"
  tar -C "$work/install" -cf "$tar" --owner=0 --group=0 --numeric-owner usr
  cd /
  rm -rf "$work"
}

# By hand and not `make install`, which byte-compiles the library three times over.
install_python() {
  local py=$1 to=$2 lib="$2/lib/python3.9"
  mkdir -p "$to/bin" "$lib/lib-dynload" "$to/include/python3.9"
  cp -R "$py/Lib/." "$lib/"
  find "$lib" -depth \( -name __pycache__ -o -name '*.pyc' \) -exec rm -rf {} +
  install -s -m 755 "$py/python" "$to/bin/python3.9"
  install -s -m 755 "$py"/build/lib.*/*.so "$lib/lib-dynload/"
  cp "$py"/build/lib.*/_sysconfigdata_*.py "$lib/"
  # These name the folder it was compiled in.
  sed -i "s#-[IL]$(dirname "$py")/deps/[a-z]*##g" "$lib"/_sysconfigdata_*.py
  cp -R "$py/Include/." "$py/pyconfig.h" "$to/include/python3.9/"
  ln -s python3.9 "$to/bin/python3"
  ln -s python3 "$to/bin/python"
}

root() {
  local root=$1
  mkdir -p "$root"/{bin,dev,etc,home,lib,media,mnt,opt,proc,root,run,sbin,srv,sys,tmp,var/log,var/tmp}
  mkdir -p "$root"/usr/{bin,lib,sbin,share,local/bin,local/lib}
  chmod 1777 "$root/tmp" "$root/var/tmp"
  chmod 700 "$root/root"
  install -m 755 "/usr/lib/$triple/libc.so" "$root/lib/ld-musl-$machine.so.1"
  # The name that programs made for Alpine link to.
  ln -s "ld-musl-$machine.so.1" "$root/lib/libc.musl-$machine.so.1"
  dpkg-deb --fsys-tarfile "$(downloaded bullseye debs busybox-static)" | tar -xO ./bin/busybox >"$root/bin/busybox"
  chmod 755 "$root/bin/busybox"
  local applet
  while read -r applet; do
    [[ -e $root/$applet ]] || ln -s /bin/busybox "$root/$applet"
  done < <("$root/bin/busybox" --list-full | grep -E '^(usr/)?s?bin/' | grep -vE '(^|/)busybox$')
  printf 'root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/:/sbin/nologin\n' >"$root/etc/passwd"
  printf 'root:x:0:\nnogroup:x:65533:\nnobody:x:65534:\n' >"$root/etc/group"
  printf '/lib:/usr/local/lib:/usr/lib\n' >"$root/etc/ld-musl-$machine.path"
  printf 'ID=stand-in\nID_LIKE=alpine\nNAME="Stand-in for Alpine"\nPRETTY_NAME="Stand-in for Alpine: musl and busybox"\n' \
    >"$root/etc/os-release"
}

"$@"
