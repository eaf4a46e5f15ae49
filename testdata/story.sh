#!/usr/bin/env bash
# story.sh [FILE]: records the sample's story on the engine in use, for replay, for the report and for the
# dashboard's own tests: a first build, a source edit, a touch that builds nothing, a requirements edit, a save
# that overtakes a build, an edit that breaks it, the fix, and the app being killed and coming back.
#
# Nothing in it is made up: each act waits for what the one before caused, and the recording is what stagewatch
# wrote, with what belongs to this machine alone replaced. `make story` runs it, by default into story.jsonl.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
out=${1:-$here/story.jsonl}
stagewatch=$here/../bin/stagewatch

# A name of its own, so that no image of the person's is in the way; the recording calls it by its own name again.
name=python-app-story-$$
work=$(mktemp -d)
app=$work/$name
record=$work/record.jsonl
pid=

leave() {
  [[ -z $pid ]] || kill "$pid" 2>/dev/null || true
  [[ -z $pid ]] || wait "$pid" || true
  rm -rf "$work"
}
trap leave EXIT

die() {
  printf 'stagewatch: recording the story: %s\n' "$*" >&2
  [[ ! -s $record ]] || tail -n 3 "$record" | cut -c 1-300 >&2
  exit 1
}

# How far the recording was when the present act began: what an act waits for comes after that.
mark=0
act() {
  printf 'stagewatch: the story: %s\n' "$*" >&2
  mark=$(wc -l <"$record")
}

# await PATTERN…: until events that match the patterns, extended regular expressions, came in that order.
await() {
  local pattern line
  for pattern in "$@"; do
    for ((tries = 0; ; tries++)); do
      line=$(tail -n "+$((mark + 1))" "$record" | grep -nE -m 1 "$pattern" | cut -d : -f 1) || line=
      [[ -z $line ]] || break
      kill -0 "$pid" 2>/dev/null || die "stagewatch ended while $pattern was awaited."
      ((tries < 1200)) || die "$pattern did not come within two minutes."
      sleep 0.1
    done
    mark=$((mark + line))
  done
}

# What serves, out of its newest event.
serving() { grep '"type":"serving"' "$record" | tail -n 1 | sed -E "s/.*\"$1\":\"([^\"]*)\".*/\\1/"; }

# visit: a person looks at what is served now, and reads for a moment.
visit() {
  local url path
  url=$(serving url)
  for path in / /static/style.css /healthz "$@"; do
    curl -sS -o /dev/null --max-time 5 "$url$path" || die "$url$path does not answer."
    sleep 0.2
  done
  sleep 2
}

# edit FILE SED-SCRIPT: as editors save, by a new file that takes the old one's place.
edit() {
  sed -E "$2" "$app/$1" >"$work/edited"
  ! cmp -s "$work/edited" "$app/$1" || die "nothing to edit in $1: $2"
  mv "$work/edited" "$app/$1"
}

built='"type":"built"'
served='"type":"serving"'
# The files come last, after the sizes and the account of them.
measured='"type":"files"'

cp -R "$here/python-app" "$app"
# An engine that built the sample before would have every step of it; this comment it has never seen.
printf '# Recorded on %s.\n' "$(date -u '+%F at %T')" >>"$app/requirements.txt"
: >"$record"
(
  cd "$work"
  exec "$stagewatch" --record "$record" --progress json --publish 0:8080 "$name"
) >"$work/stdout" 2>"$work/stderr" &
pid=$!

act "the first build"
await "$built" "$served" "$measured" || die "$(cat "$work/stderr")"
visit

act "a source edit"
edit python_app/__init__.py 's/^VERSION = .*/VERSION = "1.1.0"/'
await "$built" "$served" "$measured"
visit /favicon.ico

act "a touch that builds nothing"
touch "$app/python_app/web.py"
await '"type":"skipped".*"unchanged"'
sleep 1

act "bytecode, which .dockerignore names"
mkdir "$app/__pycache__"
printf 'bytecode' >"$app/__pycache__/setup.cpython-39.pyc"
await '"type":"skipped".*"ignored"'
sleep 1

act "a requirements edit"
edit requirements.txt "\$ a simplejson==3.17.2"
await "$built" "$served" "$measured"
visit

act "a save that overtakes a build"
edit requirements.txt 's/^click==/click>=/'
await '"type":"step".*RUN pip install -r.*"running"'
sleep 1
edit python_app/templates/index.html 's/Built in two stages/Built in two stages and minutes ago/'
await '"type":"abandoned"' "$built" "$served" "$measured"
visit

act "an edit that breaks the build"
edit python_app/__init__.py 's/^VERSION = .*/VERSION = "1.2.0/'
await '"type":"failed"' '"type":"stale"'
visit

act "the fix"
edit python_app/__init__.py 's/^VERSION = .*/VERSION = "1.2.0"/'
await "$built" "$served" "$measured"
visit

act "the app is killed, and comes back"
docker kill "$(serving container)" >/dev/null
await '"type":"stopped".*"exited"' "$served"
visit

act "the end"
kill -TERM "$pid"
wait "$pid" || die "stagewatch ended with code $?: $(cat "$work/stderr")"
pid=
sleep 0.1

# What belongs to this machine: the engine's address, folders, the port that was free, and where pip looks.
url=$(serving url)
sed -E \
  -e "s#\"host\":\"[^\"]*\"#\"host\":\"unix:///var/run/docker.sock\"#" \
  -e "s#$name#python-app#g; s#$work/##g" \
  -e "s#$url#http://127.0.0.1:8080#g" \
  -e '/"type":"output".*Looking in (indexes|links)/d' \
  "$record" >"$out"
printf 'stagewatch: %s has %d events\n' "$out" "$(wc -l <"$out")" >&2
