"""A row of a list as an entry of the registry: what people write in a cell, and what is wrong with it."""

import re
from collections.abc import Callable, Mapping

from consult.core import i18n
from consult.core.i18n import _l
from consult.core.refusals import Refused
from consult.stakeholders import import_contacts, rules
from consult.stakeholders.entries import Entry
from consult.stakeholders.models import (
    NAME_MAX,
    NEEDS_MAX,
    PHONE_MAX,
    POSTAL_MAX,
    Basis,
    Channel,
    StakeholderKind,
)
from consult.stakeholders.phones import figures
from consult.stakeholders.rules_told import ConsentUntold
from consult.vocabularies import tables

KIND_WORDS = {
    StakeholderKind.ORGANISATION: {"organisation", "organization", "org", "منظمة", "组织", "机构"},
    StakeholderKind.PERSON: {"person", "individual", "شخص", "فرد", "个人"},
}


CHANNEL_WORDS = {
    Channel.EMAIL: {"email", "e-mail", "mail", "البريد الإلكتروني", "بريد إلكتروني", "电子邮件", "courriel"},
    Channel.POST: {"post", "letter", "postal", "البريد", "بريد", "رسالة", "邮寄", "信件", "poste"},
    Channel.PHONE: {"phone", "telephone", "الهاتف", "هاتف", "电话", "téléphone"},
    Channel.IN_PERSON: {"in_person", "in person", "visit", "شخصيا", "شخصيًا", "حضوريا", "حضوريًا", "当面", "面谈"},
}


YES = {"yes", "y", "1", "true", "نعم", "是", "oui", "sí"}
NO = {"no", "n", "0", "false", "لا", "否", "non"}

# Columns of which an empty cell says something, too; of all others it says what a row says that has no such column.
SAYS_EMPTY = frozenset({"name", "category", "news"})
_BETWEEN = re.compile("[,;،؛、；，]")


class KindUnknown(Refused):
    """A kind that is neither organisation nor person."""

    message = _l("Write “organisation” or “person”.")


class YesOrNo(Refused):
    """Something else than yes or no."""

    message = _l("Write “yes” or “no”.")


class TwiceInList(Refused):
    """The same entry on an earlier line."""

    message = _l("This is the same as line %(line)s.")


# Refusals by code, for showing a stored problem in the reader's language.
PROBLEMS: dict[str, type[Refused]] = {
    problem.__name__: problem
    for problem in (
        rules.NameMissing,
        rules.NameTooLong,
        rules.AddressWrong,
        rules.AddressMissing,
        rules.CategoryUnknown,
        rules.CategoryOfAPerson,
        rules.GroupUnknown,
        rules.GroupsOfAPerson,
        rules.LanguageNotOurs,
        rules.AlreadyThere,
        rules.RegionUnknown,
        rules.ChannelUnknown,
        rules.ChannelWithoutContact,
        rules.PhoneWrong,
        rules.ContactTooLong,
        rules.ContactOfAPerson,
        rules.MergedAway,
        rules.EntryForgotten,
        KindUnknown,
        YesOrNo,
        TwiceInList,
        ConsentUntold,
    )
}


def entry_of(
    cells: dict[str, str], basis: Basis, category_unsaid: str = "", *, news: bool = False
) -> tuple[Entry, list[dict[str, str]]]:
    """A row as an entry, and what is wrong with it: [{column, code of the refusal, value}].

    `basis`, `category_unsaid` and `news` hold for rows that say nothing of it themselves.
    """
    problems: list[dict[str, str]] = []

    def attempt(column: str, understand: Callable[[str], object], otherwise: object) -> object:
        text = cells.get(column, "")
        if not text and column not in SAYS_EMPTY:
            return otherwise
        try:
            return understand(text)
        except Refused as problem:
            problems.append({"column": column, "code": problem.code, "value": text[:80]})
            return otherwise

    kind = attempt("kind", kind_of, StakeholderKind.ORGANISATION)
    name = attempt("name", _name_of, "")
    category = attempt("category", lambda text: category_of(text or category_unsaid, kind), "other")  # type: ignore[arg-type]
    language = attempt("language", language_of, i18n.languages()[0].code)
    email = attempt("email", lambda text: rules.checked_address(text) if text else "", "")
    groups = attempt("groups", lambda text: groups_of(text, kind), ())  # type: ignore[arg-type]
    said: dict[str, object] = {
        "email": email,
        "region": attempt("region", region_of, ""),
        "also_languages": attempt("also_languages", languages_of, ()),
        "postal_address": attempt("postal_address", lambda text: _at_most(text, POSTAL_MAX), ""),
        "phone": attempt("phone", phone_of, ""),
        "access_needs": attempt("access_needs", lambda text: _at_most(text, NEEDS_MAX), ""),
    }
    said["channel"] = attempt("channel", lambda text: channel_of(text, said), None)
    attempt(import_contacts.COLUMN, lambda text: import_contacts.contacts_of(text, kind), ())  # type: ignore[arg-type]
    agreed = attempt("news", lambda text: yes_or_no(text, otherwise=news), False)
    is_reachable = said["email"] or said["postal_address"] or said["phone"]
    entry = Entry(
        kind,  # type: ignore[arg-type]
        name,  # type: ignore[arg-type]
        category,  # type: ignore[arg-type]
        language,  # type: ignore[arg-type]
        groups=groups,  # type: ignore[arg-type]
        basis=basis if is_reachable else Basis.NONE,
        note=cells.get("note", ""),
        news=bool(agreed and is_reachable),
        **said,  # type: ignore[arg-type]
    )
    return entry, problems


def _at_most(text: str, limit: int) -> str:
    if len(text) > limit:
        raise rules.ContactTooLong
    return text


def phone_of(text: str) -> str:
    """A telephone number as it stands there. Raises PhoneWrong, ContactTooLong."""
    if text and len(figures(text)) < rules.PHONE_MIN:
        raise rules.PhoneWrong
    return _at_most(text, PHONE_MAX)


def yes_or_no(text: str, *, otherwise: bool) -> bool:
    """What a cell says; an empty one says what holds for the whole list. Raises YesOrNo."""
    if not text:
        return otherwise
    if text.casefold() not in YES | NO:
        raise YesOrNo
    return text.casefold() in YES


def region_of(text: str) -> str:
    """The code of a region written as code, or as name in any language. Raises RegionUnknown."""
    if not text:
        return ""
    code = tables.regions_called().get(text.casefold())
    if code is None:
        raise rules.RegionUnknown
    return code


def channel_of(text: str, said: Mapping[str, object]) -> Channel | None:
    """The channel that a cell means; an empty one says none. Raises ChannelUnknown, ChannelWithoutContact."""
    if not text:
        return None
    found = next((one for one, words in CHANNEL_WORDS.items() if text.casefold() in words), None)
    if found is None:
        raise rules.ChannelUnknown
    needed = {Channel.EMAIL: "email", Channel.POST: "postal_address", Channel.PHONE: "phone"}
    if found in needed and not said[needed[found]]:
        raise rules.ChannelWithoutContact
    return found


def languages_of(text: str) -> tuple[str, ...]:
    """The codes of several languages, separated by commas or semicolons. Raises LanguageNotOurs."""
    return tuple(sorted({language_of(part) for part in parts_of(text)}))


def parts_of(text: str) -> list[str]:
    """What stands between the commas and semicolons of any script."""
    return [part.strip() for part in _BETWEEN.split(text) if part.strip()]


def _name_of(text: str) -> str:
    if not text:
        raise rules.NameMissing
    if len(text) > NAME_MAX:
        raise rules.NameTooLong(limit=NAME_MAX)
    return text


def kind_of(text: str) -> StakeholderKind:
    """The kind that a cell means; an empty one means an organisation. Raises KindUnknown."""
    if not text:
        return StakeholderKind.ORGANISATION
    for kind, words in KIND_WORDS.items():
        if text.casefold() in words:
            return kind
    raise KindUnknown


def category_of(text: str, kind: StakeholderKind) -> str:
    """The code of a category written as code or as name in any language. Raises CategoryUnknown, CategoryOfAPerson."""
    code = tables.categories_called().get(text.casefold())
    if code is None:
        raise rules.CategoryUnknown
    rules.check_category(kind, code)
    return code


def groups_of(text: str, kind: StakeholderKind) -> tuple[str, ...]:
    """The codes of groups written as codes or names, separated by commas or semicolons. Raises GroupUnknown, GroupsOfAPerson."""
    known = tables.groups_called()
    found = [known.get(part, part) for part in map(str.casefold, parts_of(text))]
    rules.check_groups(kind, found)
    return tuple(sorted(set(found)))


def language_of(text: str) -> str:
    """The code of a language written as code or by its own name; an empty cell is the site's. Raises LanguageNotOurs."""
    if not text:
        return i18n.languages()[0].code
    for record_ in i18n.languages():
        if text.casefold() in (record_.code.casefold(), record_.name.casefold()):
            return record_.code
    raise rules.LanguageNotOurs
