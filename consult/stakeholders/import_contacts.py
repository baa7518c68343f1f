"""Contact people in one cell of a list: “Name (what they do) <address>; next name”. Exports write them so, imports read them."""

import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from consult.stakeholders import rules
from consult.stakeholders.models import NAME_MAX, ROLE_MAX, StakeholderKind

COLUMN = "contact_people"
_PERSON = re.compile(r"(?P<name>[^()<>]*?)\s*(?:\((?P<role>[^()<>]*)\))?\s*(?:<(?P<email>[^<>]*)>)?")
_BETWEEN = ";؛；\n"  # what parts people: the Arabic and the full-width semicolon too
_PARTS = re.compile(f"[{_BETWEEN}]")
_MARKS = str.maketrans(
    {"(": "[", ")": "]", "<": "[", ">": "]", ";": ",", "؛": "،", "；": "，", "\n": " "}
)  # what parts people and their parts


class Person(NamedTuple):
    """What a cell says of a contact person; "" = nothing."""

    name: str
    role: str
    email: str

    @property
    def key(self) -> str:
        """By what two are one."""
        return self.name.casefold()


def plain(name: str, role: str, email: str) -> Person:
    """A contact person as a cell can say it: signs that part people are others there."""
    return Person(name.translate(_MARKS).strip(), role.translate(_MARKS).strip(), email.translate(_MARKS))


def spelled(people: Iterable[Person]) -> str:
    """People as one cell."""
    parts = []
    for one in people:
        role, email = (f" ({one.role})" if one.role else ""), (f" <{one.email}>" if one.email else "")
        parts.append(f"{one.name}{role}{email}")
    return "; ".join(parts)


def contacts_of(text: str, kind: StakeholderKind) -> tuple[Person, ...]:
    """The people that a cell names.  Raises ContactOfAPerson, NameMissing, ContactTooLong, AddressWrong."""
    parts = _parts(text)
    if parts and kind is StakeholderKind.PERSON:
        raise rules.ContactOfAPerson
    return tuple(map(_contact_of, parts))


def count_contacts(text: str) -> int:
    """How many people a cell names."""
    return len(_parts(text))


def _parts(text: str) -> list[str]:
    return [part.strip() for part in _PARTS.split(text) if part.strip()]


def _contact_of(part: str) -> Person:
    found = _PERSON.fullmatch(part)
    if found is None:
        raise rules.AddressWrong
    name, role, email = ((found[each] or "").strip() for each in ("name", "role", "email"))
    if not name:
        raise rules.NameMissing
    if len(name) > NAME_MAX or len(role) > ROLE_MAX:
        raise rules.ContactTooLong
    return Person(name, role, rules.checked_address(email) if email else "")


def news_of(said: Iterable[Person], known: Sequence[Person]) -> list[Person]:
    """Those of a cell who are not known yet, or of whom it says something else. Nobody goes because a cell leaves them out."""
    by_key = {one.key: one for one in known}
    found: dict[str, Person] = {}
    for one in said:
        if one in known:
            continue
        before = found.get(one.key) or by_key.get(one.key)
        left = Person(
            one.name, one.role or (before.role if before else ""), one.email or (before.email if before else "")
        )
        if before is None or left[1:] != before[1:]:
            found[one.key] = left
    return list(found.values())
