"""What the registry knows already, in memory, for a list that is read against it."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from sqlalchemy import select
from sqlalchemy.orm import Session

from consult.stakeholders.entries import COLUMNS, Entry
from consult.stakeholders.import_contacts import Person
from consult.stakeholders.models import Protection, Purpose, Stakeholder, StakeholderKind
from consult.stakeholders.names import Names
from consult.stakeholders.operations_import_contacts import read_people
from consult.stakeholders.phones import phone_key
from consult.stakeholders.queries_consents import withdrawn
from consult.stakeholders.queries_doubles import CROWD, Likeness

PERHAPS_MOST = 3  # entries that are shown beside a new one


@dataclass(frozen=True, slots=True)
class Known:
    """An entry of the registry, as far as comparing needs it."""

    id: int
    entry: Entry
    is_merged: bool = False  # into another, which holds instead
    withdrew: frozenset[Purpose] = (
        frozenset()
    )  # what they said no to after a yes: a list does not say yes for them again
    people: tuple[Person, ...] = ()  # to speak to
    is_protected: bool = False  # its name is a code, and like nobody's


class Registry:
    """The registry as a list is compared with it: by name and address, by address alone, by name alone."""

    def __init__(self, known: Iterable[Known]) -> None:
        self.by_both: dict[tuple[str, str, str], Known] = {}
        self.by_address: dict[str, list[Known]] = {}
        self.by_name: dict[tuple[str, str], list[Known]] = {}
        self.open_ones: list[Known] = []
        for one in sorted(known, key=lambda one: one.is_merged):
            name, address = one.entry.name.casefold(), one.entry.email.casefold()
            self.by_both.setdefault((one.entry.kind, name, address), one)
            if one.is_merged:
                continue
            if not one.is_protected:
                self.open_ones.append(one)
            if address:
                self.by_address.setdefault(address, []).append(one)
            self.by_name.setdefault((one.entry.kind, name), []).append(one)

    def find(self, entry: Entry, *, shared: bool) -> Known | None:
        """The entry that a row is about. An address that several share (in the list or here) says nothing alone."""
        name, address = entry.name.casefold(), entry.email.casefold()
        if both := self.by_both.get((entry.kind, name, address)):
            return both
        same_address = self.by_address.get(address, [])
        if address and not shared and len(same_address) == 1:
            return same_address[0]
        same_name = self.by_name.get((entry.kind, name), [])
        if len(same_name) == 1 and (not address or not same_name[0].entry.email):
            return same_name[0]
        return None

    def perhaps(self, entry: Entry) -> list[tuple[int, Likeness]]:
        """The ids of the entries that a new one may be, and in what, the likeliest first; for somebody to look at, never to act on.

        An address or a number that a crowd has is that of a house, and says nothing.
        """
        if not self.open_ones:
            return []
        same_address = [one.id for one in self.by_address.get(entry.email.casefold(), [])] if entry.email else []
        phone = phone_key(entry.phone)
        same_phone = self._phones.get((entry.kind, phone), []) if phone else []
        found = [(one, Likeness.EMAIL) for one in same_address if len(same_address) <= CROWD]
        found += [(one, Likeness.SPELLING) for one, _ in self._names.alike(entry.kind, entry.name)]
        found += [(one, Likeness.PHONE) for one in same_phone if len(same_phone) <= CROWD]
        likeliest = dict(reversed([one for one in found if self._kinds[one[0]] is entry.kind]))
        return list(reversed(likeliest.items()))[:PERHAPS_MOST]

    @cached_property
    def _names(self) -> Names:
        """Made for the first new row only: most lists bring nothing new."""
        return Names((one.id, one.entry.kind, one.entry.name) for one in self.open_ones)

    @cached_property
    def _phones(self) -> dict[tuple[StakeholderKind, str], list[int]]:
        found: dict[tuple[StakeholderKind, str], list[int]] = {}
        for one in self.open_ones:
            if one.entry.phone:
                found.setdefault((one.entry.kind, phone_key(one.entry.phone)), []).append(one.id)
        return found

    @cached_property
    def _kinds(self) -> dict[int, StakeholderKind]:
        return {one.id: one.entry.kind for one in self.open_ones}


def read_registry(db: Session) -> Registry:
    """The whole registry as column rows: one query."""
    s = Stakeholder
    rows = db.execute(select(s.id, s.merged_into, s.protection, *(getattr(s, name) for name in COLUMNS)))
    no_more = withdrawn(db)
    nothing: frozenset[Purpose] = frozenset()
    people = read_people(db)
    return Registry(
        Known(
            row.id,
            Entry.of(row),
            row.merged_into is not None,
            no_more.get(row.id, nothing),
            tuple(people[row.merged_into or row.id]),
            row.protection is Protection.PROTECTED,
        )
        for row in rows
    )
