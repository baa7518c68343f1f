"""`python -m consult.safe`: the ticks, again and again, in a process that loads nothing of the main application."""

import logging

from consult.safe.serving import tick_for_ever
from consult.safe.settings import load

if __name__ == "__main__":
    logging.disable(logging.CRITICAL)
    tick_for_ever(load())
