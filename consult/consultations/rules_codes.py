"""Typing a code from a letter."""

from datetime import timedelta

from consult.core.i18n import _l
from consult.core.refusals import Refused

WINDOW = timedelta(days=1)
TRIES = (
    10  # codes that begin alike, in that time: of 50,000 letters one is found in some twenty years of trying all day
)


class CodeWrong(Refused):
    """Mistyped, never made, or replaced: nobody learns which."""

    message = _l(
        "This code leads nowhere. Compare it with your letter, sign by sign. If it is right, a newer letter may have"
        " replaced it: ask the secretariat."
    )
    status = 404


class TooManyCodes(Refused):
    """One after the other."""

    message = _l(
        "Too many codes that begin like this one were typed today. Scan the square on your letter instead, ask the"
        " secretariat, or come back tomorrow."
    )
    status = 429


def check_try_code(tries: int) -> None:
    """Of codes that begin alike, ten wrong ones a day are looked up, whoever types them.

    `tries` counts this one too.  Raises TooManyCodes.  Source: docs/decisions/0029-letters.md.
    """
    if tries > TRIES:
        raise TooManyCodes
