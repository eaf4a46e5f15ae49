#!/usr/bin/env bash
# The project's private Docker Engine: up, down, leave, wipe, status.
#
# ENGINE names its flavour, see lib.sh. It shares nothing with an engine that may run beside it: own data, own socket, own
# bridge, own containerd namespace, and it writes no firewall chains (one tagged MASQUERADE rule apart, which `down` takes
# away again).
#
# STAGEWATCH_LIVE_RESTORE=yes: its containers outlive it; `leave` ends the engine alone, and `up` finds them again.
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
source "$here/process.sh"

data_root="$STAGEWATCH_STATE/docker"
exec_root="$STAGEWATCH_RUN/exec"
pidfile="$STAGEWATCH_RUN/dockerd.pid"
logfile="$STAGEWATCH_STATE/dockerd.log"
rule_tag="stagewatch"
[[ $STAGEWATCH_BRIDGE == stagewatch0 ]] || rule_tag="stagewatch-$STAGEWATCH_BRIDGE"

dockerd_pid() { our_pid "$pidfile" "--data-root=$data_root"; }

answers() { engine_version "$private_host" >/dev/null; }

lock() {
  mkdir -p "$STAGEWATCH_RUN" "$STAGEWATCH_STATE"
  exec 9>"$STAGEWATCH_RUN/lock"
  flock -w 120 9 || die "another start or stop of the private engine has held $STAGEWATCH_RUN/lock for two minutes. See who: fuser -v $STAGEWATCH_RUN/lock"
}

# free_subnet [FIRST]: a /24 that no route of this machine reaches into or covers (the default route apart); FIRST if that is one.
free_subnet() {
  local net routes
  for net in ${1:+"$1"} 10.213.{77..99}; do
    # Not a pipe into grep -q: it would stop reading, and pipefail take that for "free".
    # A bridge that is down has an address, and no route.
    routes=$(ip -4 route show to root "$net.0/24" && ip -4 route show to match "$net.0/24" && ip -4 -o addr show to "$net.0/24")
    if ! grep -v '^default' <<<"$routes" | grep -q .; then
      printf '%s\n' "$net"
      return
    fi
  done
  die "no free subnet for the bridge of the private engine (10.213.77.0/24 to 10.213.99.0/24 are all routed somewhere)."
}

bridge_cidr() { ip -4 -o addr show dev "$STAGEWATCH_BRIDGE" 2>/dev/null | awk '{print $4; exit}'; }

# shims: the processes that hold its containers.
shims() {
  local pid
  for pid in $(pids_with "$exec_root/containerd/" cmdline); do
    [[ $(readlink "/proc/$pid/exe") != */containerd-shim* ]] || printf '%s\n' "$pid"
  done
}

# sweep: what an engine that was killed leaves running and mounted. Its containers outlive it, and a pid file of its
# containerd that names nobody, or somebody else, keeps the next one from starting.
sweep() {
  local pid shim
  if pid=$(our_pid "$exec_root/containerd/containerd.pid" "$exec_root/containerd"); then stop_process "$pid" 10; fi
  for shim in $(shims); do
    end_children "$shim"
    stop_process "$shim" 0
  done
  unmount "$data_root" "$exec_root"
  rm -rf --one-file-system "$exec_root" "$pidfile" "$engine_socket"
}

# One at a time on a machine: two that look for a subnet at the same moment would find the same one.
bridge_up() (
  exec 8</run
  flock -w 60 8 || die "another engine has been choosing its subnet for a minute. See which: fuser -v /run"
  if [[ -z $(bridge_cidr) ]]; then
    local net last='' kept="$STAGEWATCH_STATE/subnet"
    [[ ! -e $kept ]] || last=$(<"$kept")
    net=$(free_subnet "$last")
    # The engine keeps the subnet of its last start with its networks, and would give it to the bridge again, although
    # another engine has it by now.
    [[ $net == "$last" ]] || rm -f "$data_root/network/files/local-kv.db"
    printf '%s\n' "$net" >"$kept"
    ip link show "$STAGEWATCH_BRIDGE" >/dev/null 2>&1 || ip link add "$STAGEWATCH_BRIDGE" type bridge
    ip addr add "$net.1/24" dev "$STAGEWATCH_BRIDGE"
  fi
  ip link set "$STAGEWATCH_BRIDGE" up
)

# Outbound network for containers. Best effort: without it everything works but a RUN that downloads.
masquerade() {
  have iptables || return 0
  local rule rules line
  if [[ $1 == add ]]; then
    rule=(POSTROUTING -s "$(bridge_cidr)" '!' -o "$STAGEWATCH_BRIDGE" -m comment --comment "$rule_tag" -j MASQUERADE)
    iptables -w 5 -t nat -C "${rule[@]}" 2>/dev/null || iptables -w 5 -t nat -A "${rule[@]}" 2>/dev/null ||
      say "no iptables here: containers of the private engine have no outbound network."
  else
    rules=$(iptables -w 5 -t nat -S POSTROUTING 2>/dev/null) || return 0
    while read -r _ line; do
      read -ra rule <<<"$line"
      [[ $line != *" --comment $rule_tag -j "* ]] || iptables -w 5 -t nat -D "${rule[@]}"
    done <<<"$rules"
  fi
}

# The containerd image store was opt-in up to 28, and is the default of 29.
conf() {
  local live=false store=''
  [[ ${STAGEWATCH_LIVE_RESTORE:-} != yes ]] || live=true
  case $flavour in
    26c | 28c) store=', "features": {"containerd-snapshotter": true}' ;;
    29) store=', "features": {"containerd-snapshotter": false}' ;;
  esac
  printf '{"live-restore": %s%s}\n' "$live" "$store"
}

up() {
  if dockerd_pid >/dev/null && answers; then return; fi
  [[ $(id -u) == 0 ]] || die "the private engine needs root. Run this as root, or install Docker Engine and start it: https://docs.docker.com/engine/install/"
  local programs root program
  "$here/packages.sh" engine
  programs=$("$here/roots.sh" "$flavour")
  read -r root program <<<"$programs"
  lock
  if dockerd_pid >/dev/null && answers; then return; fi
  need_space "$STAGEWATCH_STATE" 2500 "the private engine"

  local started=$SECONDS pid shim='' within=("$here/inroot.sh" "$root")
  if ! dockerd_pid >/dev/null; then
    [[ ${STAGEWATCH_LIVE_RESTORE:-} != yes ]] || read -r shim < <(shims) || true
    # Containers that live are mounted where their shims are: in the last engine's own file systems.
    if [[ -n $shim ]]; then within=(nsenter --target "$shim" --mount --root --wd); else sweep; fi
    mkdir -p "$data_root" "$exec_root"
    # The engine reads /etc/docker/daemon.json unless told otherwise, and that one is the user's.
    conf >"$STAGEWATCH_STATE/daemon.json"
    [[ ! -e $logfile ]] || mv -f "$logfile" "$logfile.1"
    bridge_up
    masquerade add
    # Its own session and no terminal: it outlives the make and the shell that started it. Without fd 9 it
    # does not hold our lock for ever.
    local dockerd=("${within[@]}" "$program" --config-file="$STAGEWATCH_STATE/daemon.json" --data-root="$data_root"
      --exec-root="$exec_root" --pidfile="$pidfile" --host="$private_host" --bridge="$STAGEWATCH_BRIDGE"
      --iptables=false --ip6tables=false --ip-masq=false --shutdown-timeout=5
      --containerd-namespace="$rule_tag" --containerd-plugins-namespace="$rule_tag-plugins")
    [[ $flavour == 20 || $flavour == *c ]] || dockerd+=(--storage-driver=overlay2)
    [[ $flavour != 29* ]] || dockerd+=(--userland-proxy-path="$(dirname "$program")/docker-proxy")
    (cd / && PATH="$PATH:/usr/sbin:/sbin" exec setsid nohup "${dockerd[@]}") </dev/null >"$logfile" 2>&1 9>&- &
    pid=$!
    disown
  else
    pid=$(dockerd_pid)
  fi

  until answers; do
    if ! alive "$pid" || ((SECONDS - started > 60)); then
      say "the private engine did not start. The end of its log, $logfile:"
      grep -v level=info "$logfile" | tail -n 10 | cut -c1-300 | sed 's/^/    /' >&2
      # Docker Engine 26 stops where its builder takes more than 10 s to load the cache; each step of it is a snapshot.
      [[ $flavour != 26c ]] || ! tail -n 1 "$logfile" | grep -qx 'context deadline exceeded' ||
        die "its build cache has grown larger than Docker Engine 26 can load in 10 s. Delete what is on this engine: ENGINE=26c make engine-wipe"
      exit 1
    fi
    sleep 0.05
  done
  say "private Docker Engine $(engine_version "$private_host") is up at $private_host (stop it: make engine-down)"
}

down() {
  [[ -d $STAGEWATCH_RUN ]] || return 0
  [[ $(id -u) == 0 ]] || die "stopping the private engine needs root."
  lock
  local pid
  if pid=$(dockerd_pid); then
    stop_process "$pid" 20
    say "private engine stopped"
  fi
  sweep
  masquerade delete
  ip link delete "$STAGEWATCH_BRIDGE" 2>/dev/null || true
}

leave() {
  lock
  local pid
  if pid=$(dockerd_pid); then stop_process "$pid" 20; fi
}

wipe() {
  down
  [[ -d $STAGEWATCH_STATE || -d $STAGEWATCH_CACHE ]] || return 0
  rm -rf --one-file-system "$data_root" "$logfile" "$logfile.1" "$STAGEWATCH_STATE/daemon.json" "$STAGEWATCH_STATE/subnet"
  rmdir "$STAGEWATCH_STATE" 2>/dev/null || true
  say "private engine's data deleted (the base images' cache stays: $STAGEWATCH_CACHE)"
}

case ${1:-} in
  up) up ;;
  down) down ;;
  leave) leave ;;
  wipe) wipe ;;
  status) if dockerd_pid >/dev/null && answers; then printf '%s\n' "$private_host"; else exit 1; fi ;;
  *) die "usage: engine.sh up|down|leave|wipe|status" ;;
esac
