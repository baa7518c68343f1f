"""What people may do with their own entry: by their personal link, and by a link that was mailed just now."""

from datetime import datetime, timedelta

from consult.consultations.models_entry import FreshLink
from consult.core.i18n import _l, is_installed
from consult.core.refusals import Refused
from consult.stakeholders.models import (
    Basis,
    Channel,
    Purpose,
    Stakeholder,
)
from consult.stakeholders.rules import LanguageNotOurs

LINK_LASTS = timedelta(minutes=30)
PAUSE = timedelta(minutes=10)  # between two links for one act: whoever has a forwarded mail fills nobody's mailbox


class NotInRegistry(Refused):
    """Somebody who commented, and is in no registry."""

    message = _l("You are not in our registry: you only commented here. You can ask to take part.")
    status = 409


class OwnWayMissing(Refused):
    """The way they chose, and nothing to reach them by it."""

    message = _l("You chose a way to hear from us: write the address or number for it too, or choose another way.")


class LastWayGone(Refused):
    """Nothing left by which we could reach them."""

    message = _l("Leave an address or number by which we reach you. To hear nothing more, use the link to leave.")


class CorrectedWhole(Refused):
    """The language alone, of an entry that is corrected as a whole."""

    message = _l("Correct your entry as a whole: your language is one of its fields.")
    status = 409


class NoAddressForLink(Refused):
    """No mailbox to which a link could go."""

    message = _l("There is no e-mail address in your entry to which a link could go. Ask the secretariat.")
    status = 409


class LeftForLink(Refused):
    """A mailbox whose reader asked for nothing more."""

    message = _l("Nothing is mailed to the address of your entry, because its reader asked so. Get mail again first.")
    status = 409


class LinkMailedJustNow(Refused):
    """A second link within minutes."""

    message = _l(
        "A link was mailed a few minutes ago. Look there, also among the unwanted mail, before you ask for another."
    )
    status = 409


class FreshLinkOver(Refused):
    """Used, replaced, too old, or mailed to an address that is not theirs any more."""

    message = _l("This link was used already, is too old, or a newer one took its place. Ask for a new one.")
    status = 410


class OwnLinkNeeded(Refused):
    """The page of one's own entry, by whoever did not open it by a link, or whose time is over."""

    message = _l(
        "This page opens by a link that we mail to you. Ask for it at the foot of this page: “See or correct what we hold of you”."
    )
    status = 403


class SameAddress(Refused):
    """A move to where they are."""

    message = _l("This is the address that we have. Write the new one.")


class OfficialMailStays(Refused):
    """A no to the mail that an office gets."""

    message = _l(
        "Your office or seat takes part by law or by appointment, so its official mail stays. Hand it over to somebody else first."
    )
    status = 409


class NoWayForMail(Refused):
    """A yes to mail, and no way to send any."""

    message = _l("Write an address or number into your entry first.")


class LeftForMail(Refused):
    """A yes to one kind of mail by somebody who left all of it."""

    message = _l("You asked for no more mail at all. Come back first, by the link in any mail you had from us.")
    status = 409


class NoByMailbox(Refused):
    """A no to mail, by a personal link that anybody may have by now."""

    message = _l(
        "Use the button on the page of your entry: we mail a link to your address, and the button there stops the mail."
    )
    status = 409


def check_choose_purpose(entry: Stakeholder, purpose: Purpose, *, agrees: bool, holds_seat: bool) -> None:
    """People say yes and no to each kind of mail apart; the official mail of an office or seat is a duty, and stays.

    Raises OfficialMailStays, NoWayForMail, LeftForMail.  Source: docs/decisions/0030-consent-duty-declarations.md.
    """
    if purpose is Purpose.CONSULTATIONS and (entry.basis is Basis.DUTY or holds_seat):
        raise OfficialMailStays
    if agrees and entry.has_left:
        raise LeftForMail
    if agrees and not (entry.email or entry.postal_address or entry.phone):
        raise NoWayForMail


def check_say_no(entry: Stakeholder, *, agrees: bool, is_confirmed: bool) -> None:
    """A personal link is passed on with its mail: a no to mail comes from the mailbox, where there is one.

    Raises NoByMailbox.  Source: docs/decisions/0039-leaving-of-a-forwarded-mail.md.
    """
    if not agrees and entry.email and not is_confirmed:
        raise NoByMailbox


def check_change_entry(entry: Stakeholder) -> None:
    """Whoever corrects their own entry stays within reach, in the way they choose.

    Raises LastWayGone, OwnWayMissing.  Source: issue of the registry.
    """
    if not (entry.email or entry.postal_address or entry.phone):
        raise LastWayGone
    ways = {Channel.EMAIL: entry.email, Channel.POST: entry.postal_address, Channel.PHONE: entry.phone}
    if entry.channel is not None and not ways.get(entry.channel, "nothing needed"):
        raise OwnWayMissing


def check_ask_fresh_link(entry: Stakeholder, known: FreshLink | None, *, has_left: bool, now: datetime) -> None:
    """A link goes to the address that the entry has, if mail may go there, and not twice within minutes.

    Raises NoAddressForLink, LeftForLink, LinkMailedJustNow.  Source: docs/decisions/0026-asking-and-self-service.md; invariant 6.
    """
    if not entry.email:
        raise NoAddressForLink
    if has_left:
        raise LeftForLink
    if known is not None and known.made_at > now - PAUSE:
        raise LinkMailedJustNow


def check_use_fresh_link(link: FreshLink | None, *, now: datetime) -> None:
    """A link is for one act, once, within half an hour of being mailed; a day, where links to a mailbox come that seldom.

    Raises FreshLinkOver.  Source: docs/decisions/0026-asking-and-self-service.md, 0042-own-entry-by-mail.md.
    """
    if link is None or link.digest is None or now >= over_at(link):
        raise FreshLinkOver


def over_at(link: FreshLink) -> datetime:
    """When a link is too old."""
    return link.until or link.made_at + LINK_LASTS


def check_move_address(entry: Stakeholder, address: str) -> None:
    """A move leads to another address.

    Raises SameAddress.  Source: docs/decisions/0026-asking-and-self-service.md.
    """
    if address.casefold() == entry.email_key:
        raise SameAddress


def check_change_language(entry: Stakeholder, code: str) -> None:
    """Protected people choose the language in which an officer writes to them; all else the officer corrects.

    Raises CorrectedWhole, LanguageNotOurs.  Source: decision 0028.
    """
    if not entry.is_protected:
        raise CorrectedWhole
    if not is_installed(code):
        raise LanguageNotOurs
