"""What may be in the registry, and who may be written to."""

from email_validator import EmailNotValidError, validate_email

from consult.core.i18n import _l, is_installed
from consult.core.refusals import Refused
from consult.stakeholders.models import NAME_MAX, Basis, Stakeholder, StakeholderKind
from consult.vocabularies import tables


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
    """A basis for mail, and no address."""

    message = _l("Write an e-mail address, or choose that we do not write to them.")


class CategoryUnknown(Refused):
    """A category outside of the vocabulary."""

    message = _l("Choose a category from the list.")


class GroupUnknown(Refused):
    """A group outside of the vocabulary."""

    message = _l("Choose groups from the list.")


class GroupsOfAPerson(Refused):
    """Groups represented, given for a person."""

    message = _l("Groups are kept for organisations only, as they declare them. Leave them empty for a person.")


class LanguageNotOurs(Refused):
    """A language in which we have no pages."""

    message = _l("Choose one of the languages of this site.")


class AlreadyThere(Refused):
    """The same name and address twice."""

    message = _l("There is an entry with this name and address already.")
    status = 409


def check_stakeholder(entry: Stakeholder) -> None:
    """An entry has a name, a known category and language, an address where we may write, and groups only if an organisation.

    Raises NameMissing, NameTooLong, CategoryUnknown, LanguageNotOurs, AddressWrong, AddressMissing, GroupUnknown,
    GroupsOfAPerson.  Source: issue of the registry; A/HRC/50/64, paragraphs 47 to 49.
    """
    if not entry.name:
        raise NameMissing
    if len(entry.name) > NAME_MAX:
        raise NameTooLong(limit=NAME_MAX)
    if entry.category not in tables.categories():
        raise CategoryUnknown
    if not is_installed(entry.language):
        raise LanguageNotOurs
    if entry.email:
        checked_address(entry.email)
    elif entry.basis is not Basis.NONE:
        raise AddressMissing
    check_groups(entry.kind, entry.group_codes)


def check_groups(kind: StakeholderKind, groups: list[str]) -> None:
    """Groups represented belong to organisations, as they declare them: for a person they would make a target list.

    Raises GroupsOfAPerson, GroupUnknown.  Source: A/HRC/50/64, paragraph 49.
    """
    if groups and kind is StakeholderKind.PERSON:
        raise GroupsOfAPerson
    if set(groups) - set(tables.groups()):
        raise GroupUnknown


def checked_address(address: str) -> str:
    """An address in its normal form, international ones included; nothing is looked up. Raises AddressWrong."""
    try:
        return validate_email(address, check_deliverability=False, test_environment=True).normalized
    except EmailNotValidError:
        raise AddressWrong from None


def may_be_written_to(entry: Stakeholder) -> bool:
    """Nobody is written to without consent or duty, nor after leaving.  Source: DESIGN invariant 6."""
    return entry.basis is not Basis.NONE and entry.left_at is None and bool(entry.email)
