"""`python -m python_app`: serve until told to stop."""

import os
import signal

import waitress

from .web import create_app


def stop(signum, frame):
    # No connection of this app holds anything worth waiting for, and waitress' own way out waits up to
    # five seconds for its threads.
    os._exit(0)


def main():
    # Before anything else: as process 1 of a container an unhandled SIGTERM is ignored for ten seconds.
    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)

    port = int(os.environ.get("PORT", "8080"))
    server = waitress.create_server(create_app(), host="0.0.0.0", port=port, threads=8)
    print(f"python-app listening on port {port}", flush=True)
    server.run()


if __name__ == "__main__":
    main()
