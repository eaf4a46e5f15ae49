#!/usr/bin/env bash
# buildkitd.sh up|down|wipe|host: a BuildKit with no engine around it, of the version whose frontend this program carries.
# BUILDKIT_HOST, which is what `host` prints, makes tests use it.
#
# It runs steps with this machine's runc, in this machine's network. What it has on disk, its socket and its pid file are in
# places of its own, as those of the engines are.
: "${STAGEWATCH_STATE:=/var/lib/stagewatch-buildkitd}" "${STAGEWATCH_RUN:=/run/stagewatch-buildkitd}"
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
source "$here/process.sh"

root="$STAGEWATCH_STATE/buildkitd"
config="$STAGEWATCH_STATE/buildkitd.toml"
logfile="$STAGEWATCH_STATE/buildkitd.log"
pidfile="$STAGEWATCH_RUN/buildkitd.pid"
socket="$STAGEWATCH_RUN/buildkitd.sock"
host="unix://$socket"

daemon_pid() { our_pid "$pidfile" "--root=$root"; }

# It listens when its workers are ready, and not before.
answers() { daemon_pid >/dev/null && [[ -S $socket ]]; }

lock() {
  mkdir -p "$STAGEWATCH_RUN" "$STAGEWATCH_STATE"
  exec 9>"$STAGEWATCH_RUN/lock"
  flock -w 120 9 || die "another start or stop of buildkitd has held $STAGEWATCH_RUN/lock for two minutes. See who: fuser -v $STAGEWATCH_RUN/lock"
}

# sweep: what one that was killed leaves running and mounted.
sweep() {
  local pid
  while read -r pid; do
    [[ $(readlink "/proc/$pid/exe") == */runc ]] || continue
    end_children "$pid"
    stop_process "$pid" 0
  done < <(pids_with "$root/" cmdline)
  unmount "$root"
  rm -f "$pidfile" "$socket"
}

up() {
  if answers; then return; fi
  [[ $(id -u) == 0 ]] || die "buildkitd needs root here. Run this as root, or name one that runs: BUILDKIT_HOST=unix://…"
  local program programs started pid
  "$here/packages.sh" buildkitd
  programs=$("$here/roots.sh" buildkitd)
  read -r _ program <<<"$programs"
  lock
  if answers; then return; fi
  need_space "$STAGEWATCH_STATE" 1000 "buildkitd"

  started=$SECONDS
  if ! pid=$(daemon_pid); then
    sweep
    mkdir -p "$root"
    # It reads /etc/buildkit/buildkitd.toml unless told otherwise, and that one is the user's.
    : >"$config"
    [[ ! -e $logfile ]] || mv -f "$logfile" "$logfile.1"
    # Its own session, no terminal, and not our lock, as the engines are started.
    (cd / && PATH="$PATH:/usr/sbin:/sbin" exec setsid nohup "$program" --config="$config" --root="$root" --addr="$host" \
      --containerd-worker=false --oci-worker-binary=runc --oci-worker-snapshotter=overlayfs --oci-worker-net=host) </dev/null >"$logfile" 2>&1 9>&- &
    pid=$!
    disown
    printf '%s\n' "$pid" >"$pidfile"
  fi
  until answers; do
    if ! alive "$pid" || ((SECONDS - started > 60)); then
      say "buildkitd did not start. The end of its log, $logfile:"
      tail -n 10 "$logfile" | cut -c1-300 | sed 's/^/    /' >&2
      exit 1
    fi
    sleep 0.05
  done
  say "buildkitd $("$program" --version | awk '{print $3}') is up at $host (stop it: $0 down)"
}

down() {
  [[ -d $STAGEWATCH_RUN ]] || return 0
  [[ $(id -u) == 0 ]] || die "stopping buildkitd needs root."
  lock
  local pid
  if pid=$(daemon_pid); then
    stop_process "$pid" 20
    say "buildkitd stopped"
  fi
  sweep
}

wipe() {
  down
  [[ -d $STAGEWATCH_STATE ]] || return 0
  rm -rf --one-file-system "$root" "$config" "$logfile" "$logfile.1"
  rmdir "$STAGEWATCH_STATE" 2>/dev/null || true
  say "buildkitd's data deleted"
}

case ${1:-} in
  up) up ;;
  down) down ;;
  wipe) wipe ;;
  host) printf '%s\n' "$host" ;;
  *) die "usage: buildkitd.sh up|down|wipe|host" ;;
esac
