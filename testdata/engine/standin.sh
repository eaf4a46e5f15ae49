#!/usr/bin/env bash
# standin.sh slim|alpine…: builds the root filesystems of the base images' stand-ins into the cache, those that it
# lacks, and prints nothing but progress. bases.sh calls it; it never talks to an engine.
#
# Everything runs in a mount and pid namespace of its own: however this ends, SIGKILL included, no process of it
# goes on and nothing stays mounted. What was finished is in the cache under its recipe's hash and is not made again.
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)

bases="$STAGEWATCH_CACHE/bases"
work="$bases/work"
logs="$bases/logs"

if [[ ${STAGEWATCH_INSIDE:-} != yes ]]; then
  # A clean environment: pip, python, make and compilers all listen to variables that a machine may set.
  pass=(STAGEWATCH_STATE STAGEWATCH_RUN STAGEWATCH_CACHE http_proxy https_proxy no_proxy TERM)
  clean=(PATH=/usr/local/sbin:/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C.UTF-8 HOME="${HOME:-/root}" STAGEWATCH_INSIDE=yes)
  for name in "${pass[@]}"; do [[ -z ${!name:-} ]] || clean+=("$name=${!name}"); done
  exec setpriv --pdeathsig KILL env -i "${clean[@]}" \
    unshare --mount --propagation private --pid --fork --kill-child --mount-proc bash "$here/standin.sh" "$@"
fi

source "$here/standin-hash.sh"

# step NUMBER TEXT COMMAND…: runs it with its output in a log, and tells the one who draws.
step() {
  local number=$1 text=$2 started=$SECONDS
  shift 2
  printf 'start %s %s\n' "$number" "$text" >&7
  if STAGEWATCH_WHY="$work/why.$number" "$@" >"$logs/$number.log" 2>&1 </dev/null 7>&- 9>&-; then
    printf 'done %s %s\n' "$number" "$((SECONDS - started))" >&7
  else
    printf 'fail %s %s\n' "$number" "$((SECONDS - started))" >&7
    exit 1
  fi
}

# await FILE…: until other branches have finished them. A branch that fails ends all of them.
await() {
  local file
  for file in "$@"; do until [[ -e $file ]]; do sleep 0.1; done; done
}

lists_and_downloads() {
  source "$here/standin-apt.sh"
  source "$here/standin-list.sh"
  local suite=$1 kind names
  update_lists "$suite"
  for kind in sources debs; do
    read -rd '' -a names <<<"${stand_in_list[$suite/$kind]:-}" || true
    ((${#names[@]} == 0)) || fetch "$suite" "$kind" "${names[@]}"
  done
}

# A file is in its place under its name only when it is whole.
into_place() {
  local file=$1
  shift
  "$@" "$file.part"
  mv -f "$file.part" "$file"
}

make_slim() {
  rm -rf "$1"
  mkdir -p "$1"
  tar -xpf "$slim_debian" -C "$1" --numeric-owner
  bash "$here/standin-slim.sh" python "$1"
  finish slim "$1" "$slim_tar"
}

make_alpine() {
  rm -rf "$1"
  mkdir -p "$1"
  bash "$here/standin-alpine.sh" root "$1"
  tar -xpf "$alpine_python" -C "$1" --numeric-owner
  finish alpine "$1" "$alpine_tar"
}

pack() { tar -C "$1" --one-file-system --numeric-owner --sort=name -cf "$2" .; }

finish() {
  local base=$1 root=$2 tar=$3
  bash "$here/standin-finish.sh" pip "$root" "$work/wheels"
  bash "$here/standin-finish.sh" verify "$base" "$root"
  umount -R -l "$root/dev" "$root/proc"
  # What the chroot's mounts and a name server of this machine left behind.
  rm -f "$root"/etc/resolv.conf "$root"/etc/hostname "$root"/root/.python_history
  into_place "$tar" pack "$root"
}

# The branches run side by side: the network, the compiler and dpkg seldom want the same thing at once.
branch_bullseye() {
  step 1 "package lists and sources of Debian bullseye" inner lists_and_downloads bullseye
  : >"$work/bullseye"
}

branch_wheels() {
  step 2 "pip 23.0.1 from Debian bookworm" inner lists_and_downloads bookworm
  step 3 "Flask and its requirements from Debian trixie" inner lists_and_downloads trixie
  await "$work/bullseye"
  step 4 "wheels for a pip with no PyPI" bash "$here/standin-finish.sh" wheels "$work/wheels.part"
  mv "$work/wheels.part" "$work/wheels"
}

branch_slim() {
  await "$work/bullseye"
  [[ -e $slim_debian ]] || step 5 "slim: Debian bullseye's base system" \
    inner into_place "$slim_debian" bash "$here/standin-slim.sh" debian
  await "$work/wheels"
  step 6 "slim: CPython 3.9.2 and pip" inner make_slim "$work/slim"
}

branch_alpine() {
  await "$work/bullseye"
  [[ -e $alpine_python ]] || step 7 "alpine: compiling CPython 3.9.2 for musl" \
    inner into_place "$alpine_python" bash "$here/standin-alpine.sh" compile "$work/musl"
  await "$work/wheels"
  step 8 "alpine: musl, busybox, CPython and pip" inner make_alpine "$work/alpine"
}

# A function in a shell of its own, so that -e stays in force although `step` asks for its exit code.
inner() { bash "$here/standin.sh" --inner "$@"; }

if [[ ${1:-} == --inner ]]; then
  shift
  "$@"
  exit
fi

source "$here/standin-progress.sh"
mkdir -p "$bases" "$logs"
rm -rf --one-file-system "$work"
mkdir -p "$work"
rm -f "$bases"/*.part "$logs"/*.log
mkfifo "$work/progress"
exec 7<>"$work/progress"

trap 'exit 130' INT
trap 'exit 143' TERM HUP
branches=(branch_bullseye branch_wheels)
for base in "$@"; do branches+=("branch_$base"); done
for branch in "${branches[@]}"; do
  (
    trap - INT TERM HUP
    # Whatever ends a branch early has to end the drawing too. A step that failed has said so itself already.
    trap '[[ $? == 0 ]] || printf "fail 0 0\n" >&7' EXIT
    "$branch"
    printf 'end %s\n' "$branch" >&7
  ) &
done
draw "${#branches[@]}" <&7
rm -rf --one-file-system "$work"
# Package lists are fetched anew each time, and are the largest thing here.
rm -rf "$bases"/apt/*/lists
# Recipes of yesterday.
find "$bases" -maxdepth 1 -name '*.tar' ! -name "*-$slim_hash.tar" ! -name "*-$alpine_hash.tar" \
  ! -name "*-$alpine_python_hash.tar" ! -name "*-$slim_debian_hash.tar" -delete
