"""Who may stop mail with what they hold: at once with the header of a mail, else by a link that is mailed to the mailbox."""

from datetime import datetime, timedelta

from consult.core.i18n import _l
from consult.core.refusals import Refused
from consult.mailings.models_leave_links import LeaveLink

LINK_LASTS = timedelta(days=1)
PAUSE = timedelta(minutes=10)  # between two links to a mailbox, twice as long after each that nobody used, up to a day:
# whoever has a forwarded mail fills nobody's mailbox


class LeaveLinkMailed(Refused):
    """A second link within minutes. It is shown to nobody: it would tell a stranger what the mailbox got."""

    message = _l(
        "A link was mailed a few minutes ago. Look there, also among the unwanted mail, before you ask for another."
    )
    status = 409


class NothingToStop(Refused):
    """A link for what goes to nobody there. Likewise shown to nobody."""

    message = _l("You asked for no more mail, and we write nothing.")
    status = 409


class LeaveLinkOver(Refused):
    """Used, replaced, too old, or mailed to an address that is not theirs any more."""

    message = _l(
        "This link was used already, is too old, or a newer one took its place. If mail still comes, ask for a new link "
        "with the one in any of our mails."
    )
    status = 410


def pause_after(unused: int) -> timedelta:
    """How long the next link waits after so many that nobody used."""
    return min(PAUSE * (1 << max(0, min(unused, 9) - 1)), LINK_LASTS)


def check_mailbox_rests(known: LeaveLink, *, now: datetime) -> None:
    """A mailbox gets no second link within ten minutes; after each that nobody used the next waits twice as long, at most a day.

    Raises LeaveLinkMailed.  Source: docs/decisions/0039-leaving-of-a-forwarded-mail.md.
    """
    if known.generation and now < known.made_at + pause_after(known.unused):
        raise LeaveLinkMailed


def check_mail_leave_link(known: LeaveLink, *, is_reached: bool, now: datetime) -> None:
    """A link goes to a mailbox that still gets what it would stop, and not twice within ten minutes; after each link that nobody
    used the next waits twice as long, at most a day.

    Raises LeaveLinkMailed, NothingToStop.  Source: docs/decisions/0039-leaving-of-a-forwarded-mail.md; invariant 6.
    """
    check_mailbox_rests(known, now=now)
    if not is_reached:
        raise NothingToStop


def check_use_leave_link(link: LeaveLink | None, key: bytes, *, now: datetime) -> None:
    """A link that stops mail is for one act, once, within a day, while the address (its `key`) is still theirs.

    Raises LeaveLinkOver.  Source: docs/decisions/0039-leaving-of-a-forwarded-mail.md.
    """
    if link is None or link.used_at is not None or link.key != key or now >= link.made_at + LINK_LASTS:
        raise LeaveLinkOver
