# shellcheck shell=bash
# What the scripts that start a daemon share: finding it again, and ending it. Sourced after lib.sh, never run.

# our_pid FILE NEEDLE: the pid in FILE, if that process is alive and really is the one we started.
# A pid alone proves nothing: numbers are reused.
our_pid() {
  local pid
  [[ -r $1 ]] && pid=$(<"$1") && [[ $pid =~ ^[0-9]+$ ]] || return 1
  tr '\0' ' ' 2>/dev/null <"/proc/$pid/cmdline" | grep -qF -- "$2" || return 1
  printf '%s\n' "$pid"
}

# A zombie that nobody reaps still has a pid. It has no command line, but neither has a process that becomes another one.
alive() {
  local state
  state=$(awk '/^State:/ {print $2}' "/proc/$1/status" 2>/dev/null) && [[ -n $state && $state != Z ]]
}

# stop_process PID SECONDS: asks, waits, and only then insists.
stop_process() {
  local pid=$1 until=$((SECONDS + $2))
  kill -TERM "$pid" 2>/dev/null || return 0
  while alive "$pid"; do
    if ((SECONDS > until)); then kill -KILL "$pid" 2>/dev/null || return 0; fi
    sleep 0.05
  done
}

# pids_with PATTERN FILE: the processes in whose /proc file that pattern is found.
pids_with() { grep -ls -- "$1" /proc/[0-9]*/"$2" | cut -d/ -f3 || true; }

# end_children PID: ends the processes that it started, at once.
end_children() {
  local pid
  while read -r pid; do kill -KILL "$pid" 2>/dev/null || true; done < <(pids_with "^PPid:[[:space:]]*$1\$" status)
}

# unmount DIR…: whatever is mounted at these folders and below, deepest first.
unmount() {
  local mount
  printf '%s\n' "$@" | awk 'NR==FNR {dirs[$0]; next} {for (d in dirs) if ($2==d || index($2, d "/")==1) {print $2; break}}' - /proc/mounts |
    sort -r | while read -r mount; do umount -l "$(printf '%b' "$mount")" 2>/dev/null || true; done
}
