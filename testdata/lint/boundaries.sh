#!/usr/bin/env bash
# Proves which package may import which, because the compiler only rejects circles: a room that reaches across the house
# compiles, and nobody notices. Run from anywhere; prints every breach with its reason.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

module=$(go list -m)
breaches=0

# Which rooms of ours a room may import. A room without a line, and a permission that nobody uses, are breaches too:
# so this stays the picture of the house. Rooms called …test are for tests, and no other room may import them.
rooms='
cmd/stagewatch   engine engine/budget engine/compose engine/config engine/dock engine/dockercompose engine/doctor engine/event engine/explain engine/fault engine/human engine/project engine/shell engine/socket engine/tree ui ui/clean ui/draw ui/once ui/plain ui/remote ui/replay ui/report ui/story ui/svg ui/term ui/why
watch
engine           engine/advice engine/budget engine/cause engine/check engine/compose engine/config engine/connect engine/desk engine/dock engine/dockercompose engine/event engine/fault engine/front engine/git engine/human engine/measure engine/past engine/plan engine/project engine/redact engine/run engine/serve engine/solve engine/state engine/tree engine/turns watch
engine/advice    engine/event engine/human engine/plan engine/tree
engine/budget    engine/event engine/fault engine/human
engine/compat    engine/event engine/image engine/plan
engine/cause     engine/event engine/human engine/past engine/plan engine/project
engine/check     engine/cause engine/desk engine/event engine/past engine/plan engine/project engine/solve engine/tree
engine/compose   engine/config engine/fault
engine/dockercompose engine/dock engine/fault engine/run
engine/config    engine/budget engine/dock engine/fault engine/front engine/redact engine/run engine/tree
engine/connect   engine/config engine/dock engine/event engine/fault engine/human engine/image engine/solve
engine/past      engine/event engine/plan engine/state engine/tree
engine/project   engine/config engine/event engine/fault engine/plan engine/solve engine/state engine/tree watch
engine/redact    engine/event
engine/solve     engine/carry engine/dock engine/event engine/human engine/plan engine/tree
engine/desk      engine/event
engine/dock      engine/builders engine/event engine/fault engine/state
engine/builders  engine/fault
engine/carry
engine/doctor    engine/config engine/dock engine/event engine/fault engine/front engine/human engine/image engine/plan engine/project engine/run engine/solve engine/tree watch
engine/event     engine/human
engine/explain   engine/cause engine/compose engine/config engine/dock engine/event engine/fault engine/past engine/plan engine/project engine/redact engine/solve engine/tree
engine/fault
engine/front     engine/event engine/reload
engine/git
engine/human
engine/image     engine/dock engine/event engine/plan
engine/measure   engine/budget engine/compat engine/desk engine/event engine/human engine/image engine/past engine/plan engine/solve engine/tree
engine/plan      engine/event
engine/reload    engine/event
engine/run       engine/dock engine/event engine/fault
engine/serve     engine/desk engine/dock engine/event engine/fault engine/front engine/human engine/run engine/turns
engine/shell     engine/config engine/connect engine/dock engine/event engine/fault engine/plan engine/project engine/redact engine/solve
engine/socket    engine/fault engine/state
engine/state
engine/tree      engine/event
engine/turns
ui               engine/event engine/human ui/board ui/clean ui/draw ui/logview ui/look ui/present ui/replay ui/rows ui/story ui/term
ui/board         ui/draw ui/present
ui/clean
ui/draw          ui/clean ui/sgr
ui/logview       engine/human ui/draw ui/look ui/present ui/story
ui/look          ui/draw ui/present
ui/once          engine/event engine/human ui/clean ui/draw ui/plain ui/story
ui/plain         engine/event engine/human ui/clean ui/draw
ui/present       engine/event engine/human ui/clean ui/draw ui/story
ui/remote        engine/event engine/human ui/draw ui/story
ui/replay        engine/event
ui/report        engine/event engine/human ui/clean ui/draw ui/story
ui/rows          ui/draw ui/look ui/present ui/story
ui/sgr
ui/story         engine/event engine/human ui/clean
ui/svg           ui/draw ui/sgr
ui/term          engine/event ui/draw
ui/why           engine/event ui/draw ui/story
'

# Families of packages, as extended regular expressions on the import path.
docker='^github\.com/docker/(docker|cli|go-connections)(/|$)|^github\.com/moby/(buildkit|moby)(/|$)'
terminal='^github\.com/charmbracelet/|^github\.com/muesli/termenv'
network='^net$|^net/(http|rpc|smtp)(/|$)|^os/exec$'
foreign='^[^/]+\.[^/]+/' # not of the standard library

breach() {
  printf 'boundaries: %s\n' "$*" >&2
  breaches=$((breaches + 1))
}

# Of each package of ours: its path, what it imports, and all that it links in. Tests are not asked.
listing=$(go list -f '{{.ImportPath}} {{join .Imports ","}} {{join .Deps ","}}' ./...)

# column N ROOM: the imports (2) or everything linked in (3) of a room, a line each.
column() {
  awk -v room="$module/$2" -v n="$1" '$1 == room {print $n}' <<<"$listing" | tr ',' '\n'
}

all=$(awk -v m="$module/" '{sub(m, "", $1); print $1}' <<<"$listing" | grep -vE '^[^ ]*test(/|$)')
for room in $all; do
  line=$(grep -E "^$room( |\$)" <<<"$rooms") || {
    breach "$room is no room of the table in $0. Say there what it may import."
    continue
  }
  allowed=$(tr -s ' ' '\n' <<<"${line#"$room"}" | sed '/^$/d' | sort)
  imported=$(column 2 "$room" | sed -n "s#^$module/##p" | sort)
  for other in $(comm -13 <(echo "$allowed") <(echo "$imported")); do
    breach "$room may not import $other"
  done
  for other in $(comm -23 <(echo "$allowed") <(echo "$imported")); do
    breach "$room may import $other, and does not: take that out of the table in $0"
  done
  grep -qE "^\|.*\`$room\`.*\|.*\|.*\|" README.md || breach "$room is missing from the table of rooms in README.md"
done
while read -r room _; do
  [[ -z $room ]] || grep -qxF "$room" <<<"$all" || breach "there is no room $room, so its rules hold nothing. Renamed?"
done <<<"$rooms"

# keep_out ROOMS imports|links REGEX REASON: what a room imports by itself, or all that it links in.
keep_out() {
  local room found n=2
  [[ $2 == imports ]] || n=3
  for room in $1; do
    found=$(column "$n" "$room" | grep -v "^$module/" | grep -m 1 -E "$3") || continue
    breach "$room may not ${2%s} $found: $4"
  done
}

engine=$(grep -E '^engine' <<<"$all")
ui=$(grep -E '^ui' <<<"$all")

keep_out "engine/desk engine/event engine/fault engine/git engine/human engine/state engine/turns" links "$foreign" "it is made of the standard library alone"
keep_out watch links "$docker" "it reports which paths changed, and not what that means"
keep_out "watch $engine" links "$terminal" "the engine has several faces and knows none"
keep_out "$ui" links "$docker|^github\\.com/fsnotify/" "events in, frames and intents out"
# Only ui/term touches the process: it stops for the shell, lends the terminal and reads the environment.
keep_out "$(grep -vx ui/term <<<"$ui")" imports "$network|^os\$" "it words and draws what it is given"
keep_out ui/present imports "$terminal" "it lays out rows; who has the focus and what a terminal shows is not its business"
keep_out engine imports "$docker" "it is the order of work; engine/connect has what it needs of an engine"
keep_out engine/front links "$docker" "it owns a port and hands it over; what is behind an address is not its business"
keep_out engine/reload imports "$network|^os\$" "it reads pages and policies; the front passes them on"
keep_out "engine/advice engine/cause" imports '^github\.com/(docker|moby)/|'"$network|^os\$" "it judges what it is given"
keep_out engine/budget imports "$docker|$network|^os\$" "it compares figures with limits; measuring is not its business"
keep_out engine/compose imports "^github\\.com/(docker/(docker|compose)|moby)(/|\$)|$network" "it reads the files of a project; running it is not its business"
keep_out engine/config imports "^github\\.com/(docker/docker|moby)(/|\$)|$network" "it reads the values of flags; whether an engine has what they name is asked later"
keep_out engine/project imports '^github\.com/docker/(docker|cli)(/|$)|'"$network" "it knows files; what an engine has is told to it as a toolchain"
keep_out engine/tree imports "$docker|$network" "it reads folders; who builds from them is not its business"
# BuildKit's converter, which plan is made of, links half of the world in: only what plan itself imports counts.
keep_out engine/plan imports '^github\.com/docker/(docker|cli)(/|$)|'"$network|^os\$" "a plan is made with no engine and no IO"
keep_out cmd/stagewatch imports '^github\.com/(docker/docker|moby/buildkit|fsnotify)(/|$)' "flags and wiring; logic lives in the rooms"

# A code or a reason that is written as text is not found by who looks for its users, and a typing error in it is silent.
while read -r place; do
  breach "$place is a code or a reason as text: it wants a constant of engine/event"
done < <(grep -rnoE --include='*.go' --exclude='*_test.go' '(Code|Reason): +"[a-z-]+"' cmd engine ui watch | grep -v '^engine/event/' || true)

if ((breaches > 0)); then
  printf 'boundaries: %d to mend. The rooms and why they are apart: the table in README.md.\n' "$breaches" >&2
  exit 1
fi
