"""`python -m python_app`: serve what psutil says of this process, or why it can't."""

import http.server
import os
import signal


def stop(signum, frame):
    os._exit(0)


# A process 1 without a handler ignores SIGTERM.
signal.signal(signal.SIGTERM, stop)
signal.signal(signal.SIGINT, stop)


def memory():
    # Here and not above: the app is to come up and say what is wrong, as a page is read sooner than a log.
    try:
        import psutil
    except ImportError as error:
        return 500, f"psutil does not load: {error}\n"
    return 200, f"{psutil.Process().memory_info().rss} bytes resident\n"


class Page(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        status, text = memory()
        body = text.encode()
        self.send_response(status)
        self.send_header("Content-Type", "text/plain; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def main():
    port = int(os.environ.get("PORT", "8080"))
    server = http.server.ThreadingHTTPServer(("0.0.0.0", port), Page)
    print(f"python-app-libc listening on port {port}", flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
