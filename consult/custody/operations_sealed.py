"""Keeping who protected entries are: sealed copies put in, replaced, handed out, let go. Nothing here can open one."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from consult.accounts.models import Staff
from consult.audit import record
from consult.audit.operations import Actor
from consult.core.db import lock, refusing
from consult.core.refusals import Refused
from consult.custody import queries, rules, rules_sealed
from consult.custody.models import Officer, SealedEntry
from consult.custody.operations_presence import note_there
from consult.custody.queries_sealed import sealed_for
from consult.custody.rules_sealed import EntryRefused, Reason
from consult.custody.sealed_files import Handed, read_entries
from consult.stakeholders.entries import Entry
from consult.stakeholders.keys import double_key
from consult.stakeholders.models import Basis, Protection, Purpose, Stakeholder
from consult.stakeholders.operations import Told, note_consent
from consult.stakeholders.operations_terms import keep_terms

TAKEN = {"uq_stakeholder_ref": rules_sealed.RefTaken, "uq_stakeholder_entry": rules_sealed.RefTaken}


def keep_sealed(db: Session, entry: Stakeholder, sealed: Mapping[int, bytes], *, edition: int) -> None:
    """Keep the copies of an entry by the officers' ids, in place of those before.

    Raises OfficersMissing where nobody serves, OfficersDiffer unless there is one for each officer who serves and for nobody
    else, and EditionOld unless the edition follows the one that is kept.  Records nothing: the caller says what happened.
    """
    serving = {one.id for one in lock_serving(db)}
    lock(db, entry)
    rules.check_keep_sealed(serving, set(sealed), edition=edition, kept=edition_of(db, entry))
    drop_sealed(db, entry)
    db.add_all(
        SealedEntry(stakeholder_id=entry.id, officer_id=officer_id, edition=edition, sealed=copy)
        for officer_id, copy in sorted(sealed.items())
    )
    db.flush()


def lock_serving(db: Session) -> list[Officer]:
    """The officers who serve, none of whom ends or begins to have copies before we are through: always before any entry."""
    locked = [lock(db, one) for one in sorted(queries.list_serving(db), key=lambda one: one.id)]
    return [one for one in locked if one.serves]


def edition_of(db: Session, entry: Stakeholder) -> int:
    """The edition that is kept of an entry; 0 where none is."""
    query = select(SealedEntry.edition).where(SealedEntry.stakeholder_id == entry.id).limit(1)
    return db.scalar(query) or 0


def drop_sealed(db: Session, entry: Stakeholder) -> None:
    """Let go of every copy: from here on nobody can find out who it was."""
    db.execute(delete(SealedEntry).where(SealedEntry.stakeholder_id == entry.id))
    db.flush()


def drop_copies_of(db: Session, officer: Officer) -> None:
    """Let go of every copy of one officer, who is none any more."""
    db.execute(delete(SealedEntry).where(SealedEntry.officer_id == officer.id))
    db.flush()


def take_entries(
    db: Session, installation: str, content: str, *, officer: Officer, by: Staff, now: datetime
) -> list[Stakeholder]:
    """Take a file of new, corrected or newly copied entries that an officer made: all of it or nothing.

    Returns the entries.  Raises NotAnOfficer, FileWrong, EntryRefused with what check_take_entry and keep_sealed raise.
    Records ``entry.taken_in`` (stakeholder ref, kind) of a new one and ``entry.corrected`` (stakeholder ref) of others.
    """
    rules.check_is_officer(officer)
    note_there(db, by=by, now=now)
    prints = {one.fingerprint: one.id for one in lock_serving(db)}
    handed = read_entries(content, installation, officer)
    taken = [_take_entry(db, one, prints, by=by, now=now) for one in handed]
    for one, entry in zip(handed, taken, strict=True):  # only now: a later one might have been refused
        if one.is_new:
            record(db, "entry.taken_in", by=by, stakeholder=entry.ref, kind=entry.kind.value)
        else:
            record(db, "entry.corrected", by=by, stakeholder=entry.ref)
    return taken


def _take_entry(db: Session, handed: Handed, prints: Mapping[str, int], *, by: Staff, now: datetime) -> Stakeholder:
    try:
        if not handed.copies.keys() <= prints.keys():
            raise rules.OfficersDiffer
        known = db.scalars(select(Stakeholder).where(Stakeholder.ref == handed.ref)).one_or_none()
        has_copies = known is not None and edition_of(db, lock(db, known)) > 0
        rules_sealed.check_take_entry(handed, known, has_copies=has_copies)
        entry = known or _add_entry(db, handed, now=now)
        copies = {prints[one]: copy for one, copy in handed.copies.items()}
        keep_sealed(db, entry, copies, edition=handed.edition)
    except Refused as problem:
        raise EntryRefused(handed.ref, problem) from problem
    _keep_open_part(db, entry, handed, by=by, now=now)
    return entry


def _add_entry(db: Session, handed: Handed, *, now: datetime) -> Stakeholder:
    entry = Stakeholder(
        ref=handed.ref,
        kind=handed.kind,
        name=handed.ref,
        name_key=handed.ref,
        double_key=double_key(handed.ref),
        category=handed.category,
        language=handed.language,
        basis=Basis.NONE,
        protection=Protection.PROTECTED,
        created_at=now,
        updated_at=now,
    )
    with refusing(db, TAKEN):
        db.add(entry)
    keep_terms(db, {entry.id: Entry.of(entry)})
    return entry


def _keep_open_part(db: Session, entry: Stakeholder, handed: Handed, *, by: Staff, now: datetime) -> None:
    """What stands open of an entry, and why we may write where that is told anew."""
    is_told = handed.is_new or handed.basis is not entry.basis
    entry.category, entry.language, entry.basis, entry.updated_at = handed.category, handed.language, handed.basis, now
    if is_told:
        note_consent(db, entry, Told(handed.how), by=by, now=now)
    db.flush()


def hand_out(
    db: Session,
    entries: Sequence[Stakeholder],
    officer: Officer,
    reason: Reason | None,
    words: str = "",
    *,
    by: Staff,
    now: datetime,
) -> None:
    """Note that an officer fetches who these entries are, and why: one record for each. The file is `sealed_files.entry_file`.

    Raises what check_hand_out raises.  Records ``entry.handed_out`` (stakeholder ref, why), for another reason with its words.
    """
    held = sealed_for(db, [one.id for one in entries], officer)
    rules_sealed.check_hand_out(officer, entries, held, reason, words)
    assert reason is not None, "the rule has seen it"
    note_there(db, by=by, now=now)
    for entry in entries:
        told = words if reason is Reason.OTHER else ""
        record(db, "entry.handed_out", by=by, reason=told, stakeholder=entry.ref, why=reason.value)


def let_go(db: Session, entry: Stakeholder, told: Told, *, by: Actor, now: datetime) -> bool:
    """Delete who a protected entry is, and never write to it again. Returns whether anything of that was still to do.

    Records nothing: it is one step of erasing somebody everywhere, in consult/privacy.
    """
    lock(db, entry)
    if entry.left_at is not None and edition_of(db, entry) == 0:
        return False
    drop_sealed(db, entry)
    entry.left_at, entry.basis, entry.updated_at = entry.left_at or now, Basis.NONE, now
    db.flush()
    note_consent(db, entry, told, by=by, now=now)
    if entry.news:
        entry.news = False
        note_consent(db, entry, told, by=by, now=now, purpose=Purpose.NEWS)
    db.flush()
    return True
