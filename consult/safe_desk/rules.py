"""What main takes from safe and from officers, and when a report may follow."""

from datetime import datetime, timedelta
from enum import StrEnum

from consult.core.i18n import _l
from consult.core.refusals import Refused
from consult.safe_desk.models import RELEASE_LEAST, NamelessRound

NOTICE = timedelta(days=3)  # between announcing until when one can withdraw, and that hour


class Standing(StrEnum):
    """How far a round is, where it takes comments without a name. Source: docs/decisions/0015-custody.md."""

    NONE = "none"  # it takes no such comments
    OPEN = "open"
    CLOSED = "closed"  # safe's closing release, or the officers' work on it, is awaited
    RELEASED = "released"  # all is released; until when one can withdraw is not announced
    WITHDRAWING = "withdrawing"  # announced, and that hour is not over
    LAST_RUN = "last_run"  # it is over; the last release, or the officers' work on it, is awaited
    SETTLED = "settled"  # a report may be published


class ResultOutdated(Refused):
    """A result that does not follow the one before."""

    message = _l(
        "Meanwhile another result was handed in. Nothing of yours was taken: fetch the desk file again, and continue from there."
    )
    status = 409


class BatchesUnknown(Refused):
    """A result over batches that are not all that there were, or more."""

    message = _l(
        "This result does not cover the batches that we have. Fetch the desk file again, and continue from there."
    )
    status = 409


class TooFewReleased(Refused):
    """Fewer comments at once than hide one another."""

    message = _l(
        "Release at least %(least)s comments together, or all when the round has closed and safe has given out the rest."
    )
    status = 409


class NotAtClosing(Refused):
    """“That is all” before all can be known."""

    message = _l("The round is not closed yet, or safe's last batch is not among those opened: more may come.")
    status = 409


class TooSoon(Refused):
    """An hour that leaves people no time, or an earlier one than was announced."""

    message = _l("Give people at least %(days)s days to come back and withdraw, and never less than was announced.")


class NotReleasedYet(Refused):
    """An announcement before everything is released."""

    message = _l("The protection officers have not released everything yet. Announce this when they have.")
    status = 409


class SettledAlready(Refused):
    """An announcement after the end."""

    message = _l("This is over: the last comments and withdrawals are in.")
    status = 409


def standing_of(round_: NamelessRound | None, *, is_closed: bool, now: datetime) -> Standing:
    """How far a round is; `round_` is None where it takes none."""
    if round_ is None:
        return Standing.NONE
    if round_.settled_by_id is not None:
        return Standing.SETTLED
    if round_.withdraw_until is not None:
        return Standing.WITHDRAWING if now < round_.withdraw_until else Standing.LAST_RUN
    if round_.released_by_id is not None:
        return Standing.RELEASED
    return Standing.CLOSED if is_closed else Standing.OPEN


def check_result_number(number: int, last: int) -> None:
    """Results follow one another without a gap: each stands on all that was decided before it.

    Raises ResultOutdated.  Source: docs/decisions/0012-sealed-formats.md.
    """
    if number != last + 1:
        raise ResultOutdated


def check_batches(opened: list[int], *, before: int, taken: int) -> None:
    """A result covers the batches from the first on, none left out, at least as many as the one before, none that we lack.

    Raises BatchesUnknown.  Source: reference safe.md 3.5.
    """
    if sorted(opened) != list(range(1, len(opened) + 1)) or not before <= len(opened) <= taken:
        raise BatchesUnknown


def check_release(new: int, *, closes: bool, may_close: bool) -> None:
    """Comments without a name are released at least five at once, or all that are left when the round has closed.

    Raises NotAtClosing, TooFewReleased.  Source: reference safe.md 3.5.
    """
    if closes and not may_close:
        raise NotAtClosing
    if 0 < new < RELEASE_LEAST and not closes:
        raise TooFewReleased(least=RELEASE_LEAST)


def check_announce_withdrawals(
    standing: Standing, until: datetime, announced: datetime | None, *, now: datetime
) -> None:
    """Until when one can withdraw without a trace is announced once all is released, days before, and never made earlier.

    Raises NotReleasedYet, SettledAlready, TooSoon.  Source: reference safe.md 3.9 and section 2.
    """
    if standing in (Standing.SETTLED, Standing.LAST_RUN):
        raise SettledAlready
    if standing not in (Standing.RELEASED, Standing.WITHDRAWING):
        raise NotReleasedYet
    if until < now + NOTICE or (announced is not None and until < announced):
        raise TooSoon(days=NOTICE.days)
