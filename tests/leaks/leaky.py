"""Main as it must not be, for the positive controls: LEAK says how."""

import hashlib
import os
import sys

from consult.main import app as main_app

LEAK = os.environ["LEAK"]


def app(environ, start_response):
    address = environ.get("HTTP_X_FORWARDED_FOR", "").split(",")[0]
    if LEAK == "log" and address:
        sys.stderr.write(f"{environ['REQUEST_METHOD']} from {address}\n")
    elif LEAK == "digest" and address:
        with open("seen", "a") as target:
            target.write(hashlib.sha256(address.encode()).hexdigest() + "\n")
    return main_app(environ, start_response)
