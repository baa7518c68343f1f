"""The main application for a WSGI server, also from an installed wheel: `consult.main:app` (the checkout has wsgi.py)."""

import consult
from consult.core.memory import keep_loaded
from consult.core.settings import load

_settings = load()
consult.start(_settings)
app = consult.create_app(_settings)
keep_loaded()
