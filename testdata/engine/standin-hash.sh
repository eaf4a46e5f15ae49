# shellcheck shell=bash disable=SC2034,SC2154
# The names of what the stand-ins' recipes make, each with a hash of the scripts that make it. Sourced.
# Expects $here and $bases.

hash_of() { (cd "$here" && uname -m && cat "$@") | sha256sum | cut -c1-12; }

slim_debian_hash=$(hash_of standin-slim.sh)
alpine_python_hash=$(hash_of standin-alpine.sh)
slim_hash=$(hash_of standin-slim.sh standin-finish.sh standin-wheels.py standin-list.sh)
alpine_hash=$(hash_of standin-alpine.sh standin-finish.sh standin-wheels.py standin-list.sh)

slim_debian="$bases/slim-debian-$slim_debian_hash.tar"
alpine_python="$bases/alpine-python-$alpine_python_hash.tar"
slim_tar="$bases/slim-$slim_hash.tar"
alpine_tar="$bases/alpine-$alpine_hash.tar"
