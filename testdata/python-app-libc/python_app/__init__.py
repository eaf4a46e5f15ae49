"""A small web app that needs a C extension, and whose final stage cannot load it."""

VERSION = "1.0.0"
