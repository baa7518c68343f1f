"""Safe as it must not be, for the positive controls: LEAK says how."""

import hashlib
import os
import sys

from consult.safe_main import app as safe_app

LEAK = os.environ["LEAK"]


def app(environ, start_response):
    address = environ.get("HTTP_X_FORWARDED_FOR", "").split(",")[0]
    if LEAK == "log":
        sys.stderr.write(f"{environ['REQUEST_METHOD']} from {address}\n")
    elif LEAK == "digest" and address:
        with open("seen", "a") as target:
            target.write(hashlib.sha256(address.encode()).hexdigest() + "\n")
    return safe_app(environ, start_response)
