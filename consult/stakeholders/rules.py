"""What may be in the registry, and who may be written to."""

import re
from collections.abc import Collection
from functools import lru_cache
from typing import TYPE_CHECKING

from email_validator import EmailNotValidError, validate_email

from consult.core.i18n import _l, is_installed
from consult.core.refusals import Refused
from consult.stakeholders.addressees import Addressee
from consult.stakeholders.models import (
    EMAIL_MAX,
    NAME_MAX,
    NEEDS_MAX,
    PHONE_MAX,
    POSTAL_MAX,
    SENSITIVE_CATEGORIES,
    Basis,
    Channel,
    Stakeholder,
    StakeholderKind,
)
from consult.stakeholders.phones import figures
from consult.vocabularies import tables

if TYPE_CHECKING:
    from consult.stakeholders.entries import Entry  # which is made by these rules

PHONE_MIN = 3  # figures
# What stands before the @ of most addresses, and is in its normal form: of these only the domain has to be looked at, which many share.
PLAIN = re.compile(r"[a-z0-9_+-]+(\.[a-z0-9_+-]+)*")
SHORT = 60  # characters of an address that is short enough in whatever form
CACHED = 1_000  # domains


class NameMissing(Refused):
    """No name."""

    message = _l("Write the name.")


class NameTooLong(Refused):
    """A name over the limit."""

    message = _l("Use at most %(limit)s characters for the name.")


class AddressWrong(Refused):
    """Not an address that mail could reach."""

    message = _l("Write the e-mail address like name@example.org.")


class AddressMissing(Refused):
    """A basis for writing, and nothing to write to."""

    message = _l("Write an e-mail or postal address or a telephone number, or choose that we do not write to them.")


class CategoryUnknown(Refused):
    """A category outside of the vocabulary."""

    message = _l("Choose a category from the list.")


class CategoryOfAPerson(Refused):
    """What a person believes, or whom they organise with."""

    message = _l(
        "For a person we keep no category that says what they believe or whom they organise with. Register the"
        " organisation under it, or choose another category for the person, such as “Other”."
    )


class GroupUnknown(Refused):
    """A group outside of the vocabulary."""

    message = _l("Choose groups from the list.")


class GroupsOfAPerson(Refused):
    """Groups represented, given for a person."""

    message = _l("Groups are kept for organisations only, as they declare them. Leave them empty for a person.")


class LanguageNotOurs(Refused):
    """A language in which we have no pages."""

    message = _l("Choose one of the languages of this site.")


class RegionUnknown(Refused):
    """A region outside of the operator's list."""

    message = _l("Choose a region from the list.")


class ChannelUnknown(Refused):
    """A way to reach somebody that we do not have."""

    message = _l("Choose e-mail, post, telephone or in person.")


class PhoneWrong(Refused):
    """No number that could be dialled."""

    message = _l("Write the telephone number in figures, with the code of the country.")


class ChannelWithoutContact(Refused):
    """A channel, and nothing to reach them by it."""

    message = _l("To reach them this way we need the address or number for it. Write it, or choose another way.")


class ContactTooLong(Refused):
    """An address, number or need over its limit."""

    message = _l("This is too long. Write it shorter.")


class ContactOfAPerson(Refused):
    """A contact person for somebody who is a person."""

    message = _l("Contact people belong to organisations. Write a person’s own address into their entry.")


class KindStays(Refused):
    """An organisation with seats or contact people that would become a person, or the other way round."""

    message = _l(
        "This entry has seats, contact people or a merged entry, so it stays what it is. Add another entry instead."
    )
    status = 409


class EntryProtected(Refused):
    """An act on an entry of which nobody here knows who it is."""

    message = _l("This entry is protected: only the protection officers know who it is, and correct it.")
    status = 409


class EntryForgotten(Refused):
    """A change to an entry whose owner asked to be forgotten."""

    message = _l(
        "Whoever this was asked to be forgotten, so nothing is written here any more. If they want to be in the registry again,"
        " add a new entry."
    )
    status = 409


class MergedAway(Refused):
    """A change to an entry that is merged into another."""

    message = _l("This entry is merged into another. Correct that one, or undo the merging first.")
    status = 409


class AlreadyThere(Refused):
    """The same name and address twice."""

    message = _l("There is an entry with this name and address already.")
    status = 409


def check_stakeholder(entry: "Stakeholder | Entry", *, kept_groups: Collection[str] = ()) -> None:
    """An entry has a name, a known category and languages, something to reach it by, and groups only if an organisation.

    Raises NameMissing, NameTooLong, CategoryUnknown, CategoryOfAPerson, LanguageNotOurs, AddressWrong, AddressMissing, GroupUnknown,
    GroupsOfAPerson, PhoneWrong, ChannelWithoutContact, ContactTooLong.  Source: issue of the registry; A/HRC/50/64, paragraphs 47 to 49.
    """
    if not entry.name:
        raise NameMissing
    if len(entry.name) > NAME_MAX:
        raise NameTooLong(limit=NAME_MAX)
    check_category(entry.kind, entry.category)
    if not all(map(is_installed, (entry.language, *entry.also_language_codes))):
        raise LanguageNotOurs
    check_contacts(entry)
    check_groups(entry.kind, entry.group_codes, kept=kept_groups)


def check_contacts(entry: "Stakeholder | Entry") -> None:
    """Addresses and numbers are such, and there is one for the way in which they want to be reached.

    Raises AddressWrong, AddressMissing, PhoneWrong, ChannelWithoutContact, ContactTooLong.  Source: issue of the registry.
    """
    limits = ((entry.postal_address, POSTAL_MAX), (entry.phone, PHONE_MAX), (entry.access_needs, NEEDS_MAX))
    for given, limit in limits:
        if given and len(given) > limit:
            raise ContactTooLong
    if entry.email:
        checked_address(entry.email)
    if entry.phone and len(figures(entry.phone)) < PHONE_MIN:
        raise PhoneWrong
    if (entry.basis is not Basis.NONE or entry.news) and not (entry.email or entry.postal_address or entry.phone):
        raise AddressMissing
    needed = {Channel.EMAIL: entry.email, Channel.POST: entry.postal_address, Channel.PHONE: entry.phone}
    if entry.channel is not None and not needed.get(entry.channel, "nothing needed"):
        raise ChannelWithoutContact


def check_change_stakeholder(entry: Stakeholder) -> None:
    """An entry that is merged into another is not corrected any more: what holds stands in the other.

    Nor is a protected one, by anybody but an officer; nor one that was forgotten, by anybody.
    Raises MergedAway, EntryProtected, EntryForgotten.  Source: DESIGN section 4, merging; decisions 0028, 0042.
    """
    if entry.merged_into is not None:
        raise MergedAway
    if entry.is_protected:
        raise EntryProtected
    if entry.is_forgotten:
        raise EntryForgotten


def check_contact(organisation: Stakeholder, name: str, email: str, language: str) -> None:
    """Contact people have a name, an address that mail could reach if any, and belong to organisations.

    Raises ContactOfAPerson, NameMissing, AddressWrong, LanguageNotOurs, MergedAway, EntryProtected.  Source: issue of the registry.
    """
    check_change_stakeholder(organisation)
    if organisation.kind is not StakeholderKind.ORGANISATION:
        raise ContactOfAPerson
    if not name:
        raise NameMissing
    if email:
        checked_address(email)
    if not is_installed(language):
        raise LanguageNotOurs


def check_region(code: str) -> None:
    """A region is one of the operator's list. One that has gone from the list stays with whoever had it.

    Raises RegionUnknown.  Source: issue of the registry.
    """
    if code and code not in tables.regions_in_use():
        raise RegionUnknown


def check_category(kind: StakeholderKind, category: str) -> None:
    """A category is one of the list. Religion and union are kept of organisations only, never of a person, whoever says it.

    A person’s place in such an organisation is a seat: the organisation has the category.
    Raises CategoryUnknown, CategoryOfAPerson.  Source: issue of the registry; A/HRC/50/64, paragraph 49.
    """
    if category not in tables.categories():
        raise CategoryUnknown
    if kind is StakeholderKind.PERSON and category in SENSITIVE_CATEGORIES:
        raise CategoryOfAPerson


def check_groups(kind: StakeholderKind, groups: list[str], *, kept: Collection[str] = ()) -> None:
    """Groups represented belong to organisations, as they declare them: for a person they would make a target list.

    What an entry has already it keeps, also where it has gone from the operator's list.

    Raises GroupsOfAPerson, GroupUnknown.  Source: A/HRC/50/64, paragraph 49.
    """
    if groups and kind is StakeholderKind.PERSON:
        raise GroupsOfAPerson
    known = tables.groups()
    if not all(code in known or code in kept for code in groups):
        raise GroupUnknown


def checked_address(address: str) -> str:
    """An address in its normal form, international ones included; nothing is looked up.

    Nor is one that mail programs would read as encoded words, in which anything may hide (RFC 2047). Raises AddressWrong.
    """
    if "=?" in address:
        raise AddressWrong
    mailbox, _, domain = address.partition("@")
    if len(address) <= SHORT and domain.isascii() and PLAIN.fullmatch(mailbox):
        return f"{mailbox}@{_checked_domain(domain)}"
    return _checked(address)


@lru_cache(CACHED)
def _checked_domain(domain: str) -> str:
    return _checked("x@" + domain).removeprefix("x@")


def _checked(address: str) -> str:
    try:
        found = validate_email(address, check_deliverability=False, test_environment=True).normalized
    except EmailNotValidError:
        raise AddressWrong from None
    if len(found.casefold()) > EMAIL_MAX:  # letters that are three when folded: it could not be looked for
        raise AddressWrong
    return found


def may_be_written_to(entry: Stakeholder | Addressee) -> bool:
    """Nobody is written to about consultations without consent or duty, nor after leaving.  Source: DESIGN invariant 6; decision 0028.

    To somebody protected an officer hands it over.
    """
    return has_agreed(entry, news=False) and _is_reached(entry)


def may_get_news(entry: Stakeholder | Addressee) -> bool:
    """News are for those who said yes to them: an office is no consent.  Source: docs/decisions/0030-consent-duty-declarations.md."""
    return has_agreed(entry, news=True) and _is_reached(entry)


def has_agreed(entry: Stakeholder | Addressee, *, news: bool) -> bool:
    """Nobody hears from us, in whatever way, without consent or duty, of news (`news`) without consent, nor after leaving.

    Source: DESIGN invariant 6; docs/decisions/0030-consent-duty-declarations.md.
    """
    stands = entry.merged_into is None and entry.left_at is None and not entry.has_left
    return stands and (bool(entry.news) if news else entry.basis is not Basis.NONE)


def _is_reached(entry: Stakeholder | Addressee) -> bool:
    return bool(entry.email) or entry.is_protected
