"""`python -m python_app`: serve until told to stop."""

import os
import signal


def stop(signum, frame):
    # No connection of this app holds anything worth waiting for, and waitress' own way out waits up to
    # five seconds for its threads.
    os._exit(0)


# Before the imports, which take a moment: a process 1 without a handler ignores SIGTERM, and whoever stops
# a container that is just starting waits ten seconds.
signal.signal(signal.SIGTERM, stop)
signal.signal(signal.SIGINT, stop)

import waitress  # noqa: E402

from .web import create_app  # noqa: E402


def main():
    port = int(os.environ.get("PORT", "8080"))
    server = waitress.create_server(create_app(), host="0.0.0.0", port=port, threads=8)
    print(f"python-app listening on port {port}", flush=True)
    server.run()


if __name__ == "__main__":
    main()
