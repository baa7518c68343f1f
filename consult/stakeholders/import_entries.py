"""A row of a list as an entry of the registry: what people write in a cell, and what is wrong with it."""

from collections.abc import Callable

from consult.core import i18n
from consult.core.i18n import _l
from consult.core.refusals import Refused
from consult.stakeholders import rules
from consult.stakeholders.models import NAME_MAX, Basis, StakeholderKind
from consult.stakeholders.operations import Entry
from consult.vocabularies import tables

KIND_WORDS = {
    StakeholderKind.ORGANISATION: {"organisation", "organization", "org", "منظمة", "组织", "机构"},
    StakeholderKind.PERSON: {"person", "individual", "شخص", "فرد", "个人"},
}


class KindUnknown(Refused):
    """A kind that is neither organisation nor person."""

    message = _l("Write “organisation” or “person”.")


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
        rules.GroupUnknown,
        rules.GroupsOfAPerson,
        rules.LanguageNotOurs,
        rules.AlreadyThere,
        KindUnknown,
        TwiceInList,
    )
}


def entry_of(cells: dict[str, str], basis: Basis) -> tuple[Entry, list[dict[str, str]]]:
    """A row as an entry, and what is wrong with it: [{column, code of the refusal, value}]."""
    problems: list[dict[str, str]] = []

    def attempt(column: str, understand: Callable[[str], object], otherwise: object) -> object:
        try:
            return understand(cells.get(column, ""))
        except Refused as problem:
            problems.append({"column": column, "code": problem.code, "value": cells.get(column, "")[:80]})
            return otherwise

    kind = attempt("kind", kind_of, StakeholderKind.ORGANISATION)
    name = attempt("name", _name_of, "")
    category = attempt("category", category_of, "other")
    language = attempt("language", language_of, i18n.languages()[0].code)
    email = attempt("email", lambda text: rules.checked_address(text) if text else "", "")
    groups = attempt("groups", lambda text: groups_of(text, kind), ())  # type: ignore[arg-type]
    email_basis = basis if email else Basis.NONE
    entry = Entry(kind, name, category, language, email, groups, email_basis, cells.get("note", ""))  # type: ignore[arg-type]
    return entry, problems


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


def category_of(text: str) -> str:
    """The code of a category written as code or as name in any language. Raises CategoryUnknown."""
    for category in tables.categories().values():
        if text.casefold() in {category.code, *(name.casefold() for name in category.names.values())}:
            return category.code
    raise rules.CategoryUnknown


def groups_of(text: str, kind: StakeholderKind) -> tuple[str, ...]:
    """The codes of groups written as codes or names, separated by commas or semicolons. Raises GroupUnknown, GroupsOfAPerson."""
    found = []
    for part in (
        part.strip().casefold() for part in text.replace(";", ",").replace("،", ",").replace("、", ",").split(",")
    ):
        if part:
            match = next(
                (
                    g.code
                    for g in tables.groups().values()
                    if part in {g.code, *(name.casefold() for name in g.names.values())}
                ),
                part,
            )
            found.append(str(match))
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
