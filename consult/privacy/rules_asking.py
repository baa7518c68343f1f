"""How often links to what is held of a mailbox go there, and how long they hold: anybody can type its address."""

from datetime import datetime, timedelta

from consult.consultations.rules_entry import LINK_LASTS
from consult.mailings.models_leave_links import LeaveLink
from consult.mailings.rules_leave_links import LeaveLinkMailed, check_mailbox_rests, pause_after

A_DAY = timedelta(days=1)


def check_mail_own_links(known: LeaveLink, *, seldom: bool, now: datetime) -> None:
    """Links to what is held of a mailbox go there as seldom as those that stop its mail; where its reader left all mail, or mail
    came back, one in a day until one is used (`seldom`).

    Raises LeaveLinkMailed.  Source: docs/decisions/0042-own-entry-by-mail.md.
    """
    check_mailbox_rests(known, now=now)
    if seldom and known.unused and now < known.made_at + A_DAY:
        raise LeaveLinkMailed


def own_links_last(unused: int, *, seldom: bool) -> timedelta:
    """How long links hold, the one that is mailed now counted among the `unused`: half an hour, or until the next may be mailed.

    So whoever types an address again and again keeps nobody from their own entry.
    """
    return A_DAY if seldom or pause_after(unused) > LINK_LASTS else LINK_LASTS
