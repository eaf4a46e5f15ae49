#!/usr/bin/env bash
# inroot.sh ROOT COMMAND…: runs the command in a mount namespace of its own in which ROOT is the root file system, with all of
# this machine in it that is no system: home, /tmp, and whatever else lies at the top.
#
# It pivots the root. Under a chroot runc keeps the namespace's real root, and what it later puts into a container by
# setns (docker exec, health checks) runs on this machine's file system.
set -euo pipefail
[[ $1 != / ]] || exec "${@:2}"
# shellcheck disable=SC2016
exec unshare -m --propagation private bash -c '
  set -euo pipefail
  root=$1
  mount --bind "$root" "$root"
  for dir in /* /var/lib/stagewatch*; do
    case $dir in
      /bin | /boot | /etc | /lib | /lib32 | /lib64 | /libx32 | /run | /sbin | /usr | /var | *-\*) continue ;;
    esac
    [[ -d $dir && ! -L $dir ]] || continue
    mkdir -p "$root$dir"
    mount --rbind "$dir" "$root$dir"
  done
  mkdir -p "$root/.old" "$STAGEWATCH_RUN" "$STAGEWATCH_STATE"
  mount -t tmpfs tmpfs "$root/run"
  for dir in "$STAGEWATCH_RUN" "$STAGEWATCH_STATE"; do
    mkdir -p "$root$dir"
    mount --rbind "$dir" "$root$dir"
  done
  cp /etc/resolv.conf "$root/etc/resolv.conf" 2>/dev/null || true
  cd "$root"
  pivot_root . .old
  exec chroot . bash -c "umount -l /.old && exec \"\$@\"" inroot "${@:2}"
' inroot "$@"
