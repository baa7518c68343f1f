"""Keeping the registry: add, correct, leave. Lists come in by operations_import.py."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from consult.accounts.operations import revoke_sessions
from consult.audit import record
from consult.audit.operations import Actor
from consult.core import ids
from consult.core.db import Base, lock, refusing
from consult.core.many import insert_many, reserve_ids
from consult.core.ranges import among
from consult.core.refusals import Refused
from consult.stakeholders import rules, rules_seats
from consult.stakeholders.entries import Entry
from consult.stakeholders.models import (
    THERE,
    Basis,
    Consent,
    Protection,
    Purpose,
    Stakeholder,
)
from consult.stakeholders.operations_terms import add_terms, keep_terms
from consult.stakeholders.queries import left_addresses
from consult.stakeholders.queries_seats import holds_seat

_TABLE = Base.metadata.tables["stakeholder"]
_AT_FIRST = {"shows_contact": False, "protection": Protection.STAFF}  # of whoever is added
DOUBLE = {"uq_stakeholder_entry": rules.AlreadyThere}


@dataclass(frozen=True, slots=True)
class Told:
    """How somebody told us why we may write to them: in which way, and under which text (its title, version or code)."""

    how: str
    wording: str = ""


FORM = Told("form")


class Themselves:
    """Whoever an entry is about, as the one who acts."""

    actor = "self"


THEMSELVES = Themselves()


def add_stakeholder(db: Session, entry: Entry, *, by: Actor, now: datetime, told: Told = FORM) -> Stakeholder:
    """Put an organisation or a person into the registry.

    Returns the entry.  Raises what check_stakeholder raises, and AlreadyThere.
    Records ``stakeholder.added`` (stakeholder ref, kind).
    """
    added = Stakeholder(ref=ids.random_code(), created_at=now, updated_at=now, **entry.columns())
    rules.check_stakeholder(added)
    added.left_at = left_addresses(db, [added.email]).get(added.email)  # by whoever reads what comes there
    rules.check_region(added.region)
    with refusing(db, DOUBLE):
        db.add(added)
    keep_terms(db, {added.id: entry})
    note_consent(db, added, told, by=by, now=now)
    if added.news:
        note_consent(db, added, told, by=by, now=now, purpose=Purpose.NEWS)
    record(db, "stakeholder.added", by=by, stakeholder=added.ref, kind=added.kind.value)
    return added


def add_stakeholders(
    db: Session, entries: Mapping[int, Entry], *, by: Actor, now: datetime, told: Told
) -> dict[int, Refused]:
    """Put many into the registry, each under a key of the caller's, in a few statements.

    Returns why some could not be added, by key: what check_stakeholder raises, and AlreadyThere; the others are in.
    Records ``stakeholder.added`` for each (stakeholder ref, kind).
    """
    refused: dict[int, Refused] = {}
    wanted: dict[int, dict[str, Any]] = {}
    for (key, entry), ref in zip(entries.items(), ids.random_codes(len(entries)), strict=True):
        try:
            row: dict[str, Any] = {"ref": ref, "created_at": now, "updated_at": now, **entry.columns(), **_AT_FIRST}
            rules.check_stakeholder(entry)
            rules.check_region(entry.region)
        except Refused as problem:
            refused[key] = problem
        else:
            wanted[key] = row
    came = _bring_in(db, list(wanted.values()))
    for row in wanted.values():
        if row["id"] in came:
            record(db, "stakeholder.added", by=by, stakeholder=row["ref"], kind=row["kind"].value)
    made = {row["id"]: entries[key] for key, row in wanted.items() if row["id"] in came}
    if made:
        _note_first_consents(db, made, told, by=by, now=now)
        add_terms(db, made)
    return refused | {key: rules.AlreadyThere() for key, row in wanted.items() if row["id"] not in came}


def _bring_in(db: Session, rows: list[dict[str, Any]]) -> set[int]:
    """Insert entries that are not there yet, each with an id that it gets here. Returns the ids of those that were not."""
    left = left_addresses(db, [row["email"] for row in rows])
    given = reserve_ids(db, _TABLE, len(rows))
    for row_id, row in zip(given, rows, strict=True):
        row["id"], row["left_at"] = row_id, left.get(row["email"])
    by_name = sorted(rows, key=lambda row: row["name_key"])  # as most indexes have them: they grow from left to right
    new = insert_many(db, _TABLE, by_name, once=("kind", "name_key", "email_key"), among=THERE)
    if new == len(rows):
        return set(given)
    return set(db.scalars(select(Stakeholder.id).where(among(Stakeholder.id, given))))


def _note_first_consents(db: Session, entries: Mapping[int, Entry], told: Told, *, by: Actor, now: datetime) -> None:
    """What note_consent keeps of entries that are new, by their ids."""
    noted = {"how": told.how, "wording": told.wording, "by": by.actor, "at": now}
    official = [(row_id, Purpose.CONSULTATIONS, one.basis) for row_id, one in entries.items()]
    news = [(row_id, Purpose.NEWS, Basis.CONSENT) for row_id, one in entries.items() if one.news]
    acts = [
        {"stakeholder_id": whose, "purpose": what, "basis": basis, **noted} for whose, what, basis in official + news
    ]
    insert_many(db, Base.metadata.tables["consent"], acts)


def change_stakeholder(
    db: Session, stakeholder: Stakeholder, entry: Entry, *, by: Actor, now: datetime, told: Told = FORM
) -> Stakeholder:
    """Correct an entry. What changes of why we may write is kept as an act of its own; so is a text newly agreed to.

    An address or number that others write is not shown in the public directory until they themselves say yes to it.

    Returns the entry.  Raises what check_stakeholder raises, RegionUnknown, KindStays, MergedAway, SeatIsDuty and AlreadyThere.
    Records ``stakeholder.changed`` (stakeholder ref, names of the changed fields).
    """
    changed = correct_entry(db, stakeholder, entry, now=now)
    if "basis" in changed:
        rules_seats.check_keep_duty(stakeholder, holds_seat=holds_seat(db, stakeholder.id))
    acts = [purpose for field, purpose in _ACTS.items() if field in changed]
    if told.wording and not acts:  # the same as before, under another text
        acts = [one for one in _ACTS.values() if said(stakeholder, one) is Basis.CONSENT]
    for purpose in acts:
        note_consent(db, stakeholder, told, by=by, now=now, purpose=purpose)
    if not {"email", "phone"}.isdisjoint(changed):  # their yes was about what stood there before
        hide_contact(db, stakeholder, Told(told.how), by=by, now=now)
    if changed:
        fields = ".".join(changed)
        record(db, "stakeholder.changed", by=by, stakeholder=stakeholder.ref, fields=fields)
    return stakeholder


def correct_entry(db: Session, stakeholder: Stakeholder, entry: Entry, *, now: datetime) -> list[str]:
    """Write what an entry says from now on. For whoever keeps who it was that changed it, and why we may write.

    Returns the names of the fields that changed, in order.  Raises what change_stakeholder raises.  Records nothing.
    """
    lock(db, stakeholder)
    rules.check_change_stakeholder(stakeholder)
    columns, kept_groups = entry.columns(), stakeholder.group_codes
    changed = sorted(name for name, value in columns.items() if getattr(stakeholder, name) != value)
    for name in changed:
        setattr(stakeholder, name, columns[name])
    rules.check_stakeholder(stakeholder, kept_groups=kept_groups)
    if "region" in changed:
        rules.check_region(stakeholder.region)
    if not changed:
        return []
    stakeholder.updated_at = now
    with refusing(db, DOUBLE | {"kind_stays": rules.KindStays}):
        pass
    if "email_key" in changed and stakeholder.left_at is None:  # only now: a query before would write, and be refused
        stakeholder.left_at = left_addresses(db, [stakeholder.email]).get(stakeholder.email)
    if "email_key" in changed:  # whoever opened the entry by a link to the old address
        revoke_sessions(db, stakeholder.person_ref, now=now)
    if not {"name", "email", "groups", "phone"}.isdisjoint(changed):
        keep_terms(db, {stakeholder.id: entry})
    return [name for name in changed if not name.endswith("_key")]


def leave_directory(db: Session, entries: Iterable[Stakeholder], told: Told, *, by: Actor, now: datetime) -> None:
    """Take entries out of the public directory, with an act for each yes they had given. Who is protected stays so."""
    for entry in entries:
        hide_contact(db, entry, told, by=by, now=now)
        if entry.protection is Protection.PUBLIC:
            entry.protection = Protection.STAFF
            db.flush()
            note_consent(db, entry, told, by=by, now=now, purpose=Purpose.DIRECTORY)


def hide_contact(db: Session, entry: Stakeholder, told: Told, *, by: Actor, now: datetime) -> None:
    """Show address and number in the public directory no more, with an act for the yes that was about them."""
    if entry.shows_contact:
        entry.shows_contact = False
        db.flush()
        note_consent(db, entry, told, by=by, now=now, purpose=Purpose.DIRECTORY_CONTACT)


_ACTS = {"basis": Purpose.CONSULTATIONS, "news": Purpose.NEWS}  # by the field that says so


def said(stakeholder: Stakeholder, purpose: Purpose) -> Basis:
    """What holds for a purpose now."""
    agreed = {
        Purpose.NEWS: stakeholder.news,
        Purpose.DIRECTORY: stakeholder.protection is Protection.PUBLIC,
        Purpose.DIRECTORY_CONTACT: stakeholder.shows_contact,
    }
    if purpose is Purpose.EVERYTHING and stakeholder.left_at is not None:
        return Basis.NONE
    if purpose not in agreed:
        return stakeholder.basis
    return Basis.CONSENT if agreed[purpose] else Basis.NONE


def note_consent(
    db: Session,
    stakeholder: Stakeholder,
    told: Told,
    *,
    by: Actor,
    now: datetime,
    purpose: Purpose = Purpose.CONSULTATIONS,
) -> None:
    """Keep what holds for a purpose from now on as an act: how and under which text they told us, and who wrote it down."""
    db.add(
        Consent(
            stakeholder_id=stakeholder.id,
            purpose=purpose,
            basis=said(stakeholder, purpose),
            how=told.how,
            wording=told.wording,
            by=by.actor,
            at=now,
        )
    )


def forget_wordings(db: Session, entries: Collection[int]) -> None:
    """Empty what staff wrote of the texts that some entries agreed to: it may name them. Codes of our own texts stay, as proof."""
    theirs = (Consent.stakeholder_id.in_(entries), Consent.by != THEMSELVES.actor, Consent.wording != "")
    db.execute(update(Consent).where(*theirs).values(wording=""), execution_options={"synchronize_session": False})
