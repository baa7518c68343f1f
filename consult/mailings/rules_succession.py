"""What may be mailed to whoever holds a seat."""

from consult.core.i18n import _l
from consult.core.refusals import Refused
from consult.stakeholders.models_seats import Seat, SeatState


class SeatNotHeld(Refused):
    """A briefing to nobody: the seat has not begun, or is over."""

    message = _l("Nobody holds this seat now.")
    status = 409


class HolderNotReached(Refused):
    """A briefing to somebody whom no mail reaches."""

    message = _l("No mail reaches whoever holds this seat: print the page for them, or read it out.")
    status = 409


def check_mail_briefing(seat: Seat, *, is_reached: bool) -> None:
    """The briefing of a seat is mailed to whoever holds it now, where mail reaches them.

    Raises SeatNotHeld, HolderNotReached.  Source: docs/decisions/0037-seats-terms-and-duty.md.
    """
    if seat.state is not SeatState.HELD:
        raise SeatNotHeld
    if not is_reached:
        raise HolderNotReached
