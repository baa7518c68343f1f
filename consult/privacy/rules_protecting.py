"""When an entry of the registry may be protected."""

from consult.core.i18n import _l
from consult.core.refusals import Refused
from consult.stakeholders.models import Stakeholder


class ProtectedAlready(Refused):
    """An entry of which nothing is known here any more."""

    message = _l("This entry is protected already.")
    status = 409


class SeatHeld(Refused):
    """An entry that holds a seat, or has one that somebody holds: everybody sees who that is."""

    message = _l("This entry holds a seat or has one: hand it over or end it first. A seat is no secret.")
    status = 409


class NotUnderstood(Refused):
    """A button pressed without saying that one knows what it does."""

    message = _l("Tick the box: it cannot be undone.")


def check_protect_entry(entry: Stakeholder, *, holds_seat: bool, is_sure: bool) -> None:
    """An entry is protected once, knowingly, and not while it holds a seat.

    Raises ProtectedAlready, SeatHeld, NotUnderstood.  Source: decision 0028.
    """
    if entry.is_protected:
        raise ProtectedAlready
    if holds_seat:
        raise SeatHeld
    if not is_sure:
        raise NotUnderstood
