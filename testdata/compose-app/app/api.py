"""Tells how often it was asked, and how often the worker worked."""
import json
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from store_client import ask


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        body = json.dumps({"asked": ask("INCR", "asked"), "worked": ask("GET", "worked")}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


ThreadingHTTPServer(("", 8081), Handler).serve_forever()
