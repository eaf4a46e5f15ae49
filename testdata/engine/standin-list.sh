# shellcheck shell=bash disable=SC2034
# What the stand-ins are made of: names of Debian's packages, per suite, as sources or as debs. Sourced.

declare -A stand_in_list=(
  # CPython 3.9.2 and what it needs. The three modules are there for a Dockerfile that pins their versions:
  # real extension modules for glibc, as PyPI has them.
  [bullseye/sources]="python3.9 zlib libffi"
  [bullseye/debs]="python3.9-minimal libpython3.9-minimal libpython3.9-stdlib busybox-static
    python3-psutil python3-simplejson python3-markupsafe"

  # The pip that the official images have.
  [bookworm/debs]="python3-pip-whl python3-wheel-whl"

  # Flask, waitress and all that they require, in versions that still support Python 3.9.
  [trixie/sources]="setuptools"
  [trixie/debs]="python3-flask python3-werkzeug python3-jinja2 python3-markupsafe python3-click python3-itsdangerous
    python3-blinker python3-importlib-metadata python3-zipp python3-waitress"
)
