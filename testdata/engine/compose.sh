#!/usr/bin/env bash
# compose.sh: sees to it that there is a docker compose, and prints the folder to put on the PATH for it; nothing where one is
# there. One that is not is built from its Go modules, once; where that can't be, tests that need it say so.
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

# Later ones need modules that not every proxy has.
compose=github.com/docker/compose/v5/cmd@v5.6.0
home="$STAGEWATCH_CACHE/compose/${compose##*@}"

if docker compose version >/dev/null 2>&1; then exit 0; fi
if [[ ! -x $home/docker-compose ]]; then
  mkdir -p "$home"
  exec 8>"$home.lock"
  flock -w 900 8 || die "another run has held $home.lock for a quarter of an hour. See who: fuser -v $home.lock"
fi
if [[ ! -x $home/docker-compose ]]; then
  say "building docker compose ${compose##*@} from its Go modules, a minute or two, once (log: $home.log)"
  module=$(mktemp -d)
  trap 'rm -rf "$module"' EXIT
  if ! (cd "$module" && go mod init compose && go get "$compose" && CGO_ENABLED=0 go build -o "$home/docker-compose.new" "${compose%@*}") </dev/null >"$home.log" 2>&1; then
    say "docker compose can't be built here (see $home.log): tests that need it are skipped"
    exit 0
  fi
  mv "$home/docker-compose.new" "$home/docker-compose"
fi
printf '%s\n' "$home"
