"""Works once a second."""
import time

from store_client import ask

while True:
    print("worked", ask("INCR", "worked"), flush=True)
    time.sleep(1)
