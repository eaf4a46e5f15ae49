#!/usr/bin/env bash
# Deletes what the stand-ins were built from and into. Images that are on an engine stay there.
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

bases="$STAGEWATCH_CACHE/bases"
[[ -d $bases ]] || exit 0
exec 9>"$bases/lock"
flock -n 9 || die "the base images are being built just now; stop that first."
rm -rf --one-file-system "$bases"
say "$bases deleted"
