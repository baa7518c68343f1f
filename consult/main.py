"""The main application for a WSGI server, also from an installed wheel: `consult.main:app` (the checkout has wsgi.py)."""

import gc

import consult
from consult.core.settings import load

_settings = load()
consult.start(_settings)
app = consult.create_app(_settings)

# What is loaded by now stays for good: the collector need not look through it again and again.
gc.collect()
gc.freeze()
