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


class NotProtected(Refused):
    """An entry that is erased in another way."""

    message = _l("This entry is not protected. To have it deleted, ask for the link for that on the page of the entry.")
    status = 409


class LinkOfOthers(Refused):
    """A link of somebody whom the team of the consultation sees in its list."""

    message = _l("This entry is not protected. The secretariat replaces the link, in the list of who takes part.")
    status = 409


class NobodyToAsk(Refused):
    """Nobody who could protect anybody."""

    message = _l("No protection officer serves here now. Use the ways on the page “If you are threatened”.")
    status = 409


def check_ask_protection(entry: Stakeholder, *, officers: int) -> None:
    """Whoever is in the registry and not protected can ask those who serve as officers, whatever their reasons.

    Raises ProtectedAlready, NobodyToAsk.  Source: decision 0028.
    """
    if entry.is_protected:
        raise ProtectedAlready
    if not officers:
        raise NobodyToAsk


def check_erase_entry(entry: Stakeholder) -> None:
    """Only what is protected is erased at once: whoever else has an entry asks for it by a link to their mailbox.

    Raises NotProtected.  Source: decisions 0026 and 0028.
    """
    if not entry.is_protected:
        raise NotProtected


def check_replace_link(entry: Stakeholder) -> None:
    """Officers replace the links of protected people; of everybody else, whoever invites does.

    Raises LinkOfOthers.  Source: decision 0028.
    """
    if not entry.is_protected:
        raise LinkOfOthers


def check_erase_myself(entry: Stakeholder, *, is_sure: bool) -> None:
    """Protected people erase themselves behind their door, knowingly: no link can be mailed to them.

    Raises NotProtected, NotUnderstood.  Source: decision 0028.
    """
    check_erase_entry(entry)
    if not is_sure:
        raise NotUnderstood


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
