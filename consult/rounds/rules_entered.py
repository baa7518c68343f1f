"""Comments that are entered on somebody's behalf."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from consult.core.i18n import _l
from consult.core.refusals import Refused
from consult.rounds.models import Channel, Round

ON_BEHALF = (Channel.LETTER, Channel.PHONE, Channel.MEETING, Channel.EMAIL)
ENTERED_DAYS = 14  # after the closing, what had been posted or said before it can still be entered


class ChannelMissing(Refused):
    """Words that came in no way."""

    message = _l("Choose how it came.")


class ArrivalWrong(Refused):
    """A day that is none, in the future, or before the round."""

    message = _l("Write on which day it arrived, like 2027-03-14: not in the future, and not before the round opened.")


class PostmarkWrong(Refused):
    """Posted after it arrived, or not by post."""

    message = _l("The postmark of a letter is of the day on which it arrived or of one before, like 2027-03-14.")


class CameTooLate(Refused):
    """After the closing."""

    message = _l(
        "The round was closed when this was posted or said. You can keep what you typed by copying it; tell the author, and"
        " take it up in the next round."
    )
    status = 409


class EnteredTooLate(Refused):
    """Long after the closing."""

    message = _l("What came before the closing can be entered up to %(days)s days after it. This is later.")
    status = 409


class AnsweredInFull(Refused):
    """After the final report on the round: the database says so, for reports stand above rounds."""

    message = _l(
        "The final report on this round is published: it answers every comment, and this one would stay without an answer. Keep"
        " what you typed by copying it; tell the author, and take it up in the next round."
    )
    status = 409


# By the name of the trigger that reports put on what is entered. Source: docs/decisions/0029-letters.md
REFUSALS: dict[str, type[Refused]] = {"nothing_entered_after_the_final_report": AnsweredInFull}


def check_channel(channel: Channel | None) -> None:
    """What staff enter came in a way that is not the site.

    Raises ChannelMissing.  Source: docs/decisions/0029-letters.md.
    """
    if channel not in ON_BEHALF:
        raise ChannelMissing


def check_enter_comment(
    round_: Round, channel: Channel | None, arrived_on: date | None, posted_on: date | None, *, zone: str, now: datetime
) -> None:
    """What came by letter, telephone, e-mail or in a meeting counts by the day it was posted or said, not by when we typed it.

    A letter counts by its postmark where somebody wrote that down. Days are those of the consultation's zone.
    Raises ChannelMissing, ArrivalWrong, PostmarkWrong, CameTooLate, EnteredTooLate.  Source: docs/decisions/0029-letters.md.
    """
    own = ZoneInfo(zone)
    check_channel(channel)
    if arrived_on is None or not round_.opens_at.astimezone(own).date() <= arrived_on <= now.astimezone(own).date():
        raise ArrivalWrong
    if posted_on is not None and (posted_on > arrived_on or channel is not Channel.LETTER):
        raise PostmarkWrong
    if now < round_.closes_at:
        return
    if (posted_on or arrived_on) > round_.closes_at.astimezone(own).date():
        raise CameTooLate
    if now >= round_.closes_at + timedelta(days=ENTERED_DAYS):
        raise EnteredTooLate(days=ENTERED_DAYS)
