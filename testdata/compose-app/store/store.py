"""A store of counters that speaks enough of redis: PING, GET and INCR, inline or as arrays."""
import socket
import socketserver
import sys

counters = {}


class Client(socketserver.StreamRequestHandler):
    def command(self):
        line = self.rfile.readline().decode().strip()
        if not line.startswith("*"):
            return line.split()
        words = []
        for _ in range(int(line[1:])):
            self.rfile.readline()
            words.append(self.rfile.readline().decode().strip())
        return words

    def handle(self):
        while words := self.command():
            name, key = words[0].upper(), words[-1]
            if name == "INCR":
                counters[key] = counters.get(key, 0) + 1
            answer = "+PONG" if name == "PING" else ":%d" % counters.get(key, 0)
            self.wfile.write((answer + "\r\n").encode())


class Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True


if sys.argv[1:] == ["ping"]:
    with socket.create_connection(("127.0.0.1", 6379), timeout=2) as s:
        s.sendall(b"PING\r\n")
        sys.exit(s.recv(5) != b"+PONG")
print("the store listens on 6379")
Server(("", 6379), Client).serve_forever()
