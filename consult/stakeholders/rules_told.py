"""What is kept of a yes that was told to somebody here: how it came, and to which text."""

from consult.core.i18n import _l
from consult.core.refusals import Refused

UNTOLD = ("", "form", "import")  # ways that say nothing of how somebody told us


class ConsentUntold(Refused):
    """A yes without a way and a text."""

    message = _l(
        "A yes is kept with how they said it and the text they said it to: choose how, and choose one of our texts or"
        " name the paper, for instance “Sign-up sheet, March 2027”."
    )


def check_tell_consent(how: str, wording: str) -> None:
    """Whoever writes down a new yes of somebody says how it came and to which text. What was kept before stays as it is.

    Raises ConsentUntold.  Source: issue of the registry.
    """
    if how in UNTOLD or not wording.strip():
        raise ConsentUntold
