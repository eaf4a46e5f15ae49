"""A small web app to watch being built."""

# Edit me and save: the page names it.
VERSION = "1.0.0"
