"""A page with what the api tells."""
import os
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

API = os.environ.get("API", "http://api:8081")


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        told = urllib.request.urlopen(API, timeout=5).read()
        with open(os.path.join(os.path.dirname(__file__), "page.html"), "rb") as f:
            body = f.read().replace(b"{told}", told)
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


ThreadingHTTPServer(("", 8080), Handler).serve_forever()
