"""The pages, and one line on stdout for every request."""

import os
import platform
import time

from flask import Flask, g, jsonify, render_template, request

from . import VERSION

STARTED = time.time()


def libc():
    """The C library that Python runs on: the build stage's would be glibc, this image's is musl."""
    try:
        return os.confstr("CS_GNU_LIBC_VERSION") or "musl"
    except (ValueError, OSError):
        return "musl"


def create_app():
    app = Flask(__name__)

    @app.before_request
    def start_clock():
        g.start = time.perf_counter()

    @app.after_request
    def log(response):
        ms = (time.perf_counter() - g.start) * 1000
        # Flushed at once: a log that arrives in blocks of 4 kB is no live log.
        print(f"{request.method} {request.full_path.rstrip('?')} {response.status_code} {ms:.1f}ms", flush=True)
        return response

    @app.get("/")
    def index():
        return render_template(
            "index.html",
            version=VERSION,
            python=platform.python_version(),
            libc=libc(),
            host=platform.node(),
            uptime=int(time.time() - STARTED),
        )

    @app.get("/healthz")
    def healthz():
        return jsonify(status="ok", version=VERSION)

    return app
