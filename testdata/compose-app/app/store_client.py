"""Counters in the store."""
import os
import socket

HOST, PORT = os.environ.get("STORE", "store:6379").split(":")


def ask(*words):
    with socket.create_connection((HOST, int(PORT)), timeout=5) as s:
        s.sendall((" ".join(words) + "\r\n").encode())
        return int(s.makefile().readline().strip(":\r\n"))
