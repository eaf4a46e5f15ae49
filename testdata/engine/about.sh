#!/usr/bin/env bash
# about.sh: a line about the engine in use, for a table of figures: its version and image store, and how many processors.
set -euo pipefail
# shellcheck disable=SC2016
docker info --format 'Docker Engine {{.ServerVersion}}, image store {{range .DriverStatus}}{{if eq (index . 0) "driver-type"}}containerd, {{end}}{{end}}{{.Driver}}, {{.NCPU}} processors'
