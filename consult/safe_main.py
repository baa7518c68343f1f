"""Safe for a WSGI server: `consult.safe_main:app`, one listener a master. Loads nothing of the main application."""

import logging
import os

import consult
from consult.safe.settings import load

logging.disable(logging.CRITICAL)  # faults are said by consult.safe.places, and nothing else is
app = consult.create_safe_app(load(), listener=os.environ.get("SAFE_LISTENER", "clearnet"))
