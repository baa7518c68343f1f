"""What staff do for whoever asks on paper, by telephone or in person what is held of them, or to be forgotten."""

from collections.abc import Collection
from datetime import date, datetime, timedelta

from consult.consultations.models import Participant
from consult.core.i18n import _l
from consult.core.refusals import Refused
from consult.privacy.models_own import ForgetWish
from consult.privacy.rules_own import check_forget_entry
from consult.stakeholders.models import Stakeholder
from consult.stakeholders.rules import check_change_stakeholder

MAILBOX_WAITS = timedelta(days=7)  # whoever has a mailbox with us is told there, and can say that it was not they
NOTE_MAX = 1_000  # characters


class AskedLater(Refused):
    """A day that is none, or still to come."""

    message = _l("Write the day on which they asked, like 2027-03-14. It is not in the future.")


class ForgottenAlready(Refused):
    """Nothing is held any more."""

    message = _l("Their name and address are erased already. Nothing is left to do.")
    status = 409


class WishNoted(Refused):
    """A second note of the same wish."""

    message = _l("That they want to be forgotten is noted already, and waits for a second person.")
    status = 409


class SecondPersonNeeded(Refused):
    """Whoever noted the wish, erasing it themselves."""

    message = _l(
        "You noted this wish yourself. Somebody else looks at it and erases: so nobody is erased by one person alone."
    )
    status = 409


class MailboxWaits(Refused):
    """Erased before whoever reads the mailbox could say no."""

    message = _l("Their mailbox was told, so that they can say if it was not they. It can be done from %(day)s on.")
    status = 409


class MailboxUntold(Refused):
    """Erased with an address that came after the wish was noted, by correcting or merging: its reader heard nothing."""

    message = _l(
        "Since this was noted they have another e-mail address. Call it off and note it again: then that mailbox is told."
    )
    status = 409


class WishGone(Refused):
    """Done or called off meanwhile."""

    message = _l("This wish was carried out or called off already.")
    status = 409


def check_hear(entry: Stakeholder | Participant, asked_on: date | None, *, today: date) -> None:
    """Staff hear what somebody asks about the entry that holds, or as a visitor; a protected entry is its officer's alone.

    Raises AskedLater, ForgottenAlready, MergedAway, EntryProtected.  Source: docs/decisions/0042-own-entry-by-mail.md.
    """
    is_gone = entry.is_forgotten if isinstance(entry, Stakeholder) else entry.erased_at is not None
    if is_gone:
        raise ForgottenAlready
    if isinstance(entry, Stakeholder):
        check_change_stakeholder(entry)
    if asked_on is None or asked_on > today:
        raise AskedLater


def check_note_wish(entry: Stakeholder | Participant, asked_on: date | None, *, today: date, holds_seat: bool) -> None:
    """A wish to be forgotten is noted where it can be carried out: an office hands over first, as by its own link.

    Raises OfficeStays, and what check_hear raises.  Source: docs/decisions/0042-own-entry-by-mail.md.
    """
    check_hear(entry, asked_on, today=today)
    if isinstance(entry, Stakeholder):
        check_forget_entry(entry, holds_seat=holds_seat)


def check_carry_out_wish(
    wish: ForgetWish, *, by_id: int, mailboxes: Collection[bytes], told: Collection[bytes], day: str, now: datetime
) -> None:
    """Whoever noted a wish is not who erases; and whoever reads a mailbox of theirs was told, and has seven days to say that it was
    not they: also where staff took the address out of the entry meanwhile.

    Raises SecondPersonNeeded, MailboxUntold, MailboxWaits.  Source: docs/decisions/0042-own-entry-by-mail.md.
    """
    if wish.by_id == by_id:
        raise SecondPersonNeeded
    if not set(mailboxes) <= set(told):
        raise MailboxUntold
    if told and now < wish.at + MAILBOX_WAITS:
        raise MailboxWaits(day=day)
