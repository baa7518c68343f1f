"""Names of the registry compared with each other, and telephone numbers keyed, by the worker. Decision 0044."""

from collections.abc import Collection, Mapping
from datetime import datetime

from sqlalchemy import delete, exists, or_, select, tuple_
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session, aliased

from consult.core.ranges import among
from consult.jobs.queue import enqueue
from consult.stakeholders.entries import Entry
from consult.stakeholders.models import Stakeholder
from consult.stakeholders.models_doubles import NamesAlike, NameToCompare, PhonesKeyed
from consult.stakeholders.operations_terms import await_comparing, write_terms
from consult.stakeholders.phones import country_in_use, phone_key

COMPARE = "stakeholders.compare_names"  # the job's name in consult/worker.py
QUIET = {"synchronize_session": False}


def keep_compared(
    db: Session, compared: Collection[int], names: Mapping[int, str], alike: Mapping[tuple[int, int], int]
) -> None:
    """Keep what comparing some entries found, in place of what stood there, and key their telephone numbers.

    `names` are those of all entries when they were read, `alike` how alike two are, by their ids, the older first. Of an entry that
    has another name by now nothing is kept: it goes on waiting. Records nothing.
    """
    s = Stakeholder
    wanted = {*compared, *(one for pair in alike for one in pair)}
    query = select(s.id, s.name, s.phone, s.phone_key).where(among(s.id, wanted)).order_by(s.id)
    # Nobody is protected or renamed meanwhile; whoever writes a row that points at one of them need not wait.
    rows = {row.id: row for row in db.execute(query.with_for_update(of=s, key_share=True))}
    same = {one for one, row in rows.items() if row.name == names.get(one)}
    done = sorted(same & set(compared))
    _drop_pairs(db, done, names)
    pairs = [
        {"first_id": first, "second_id": second, "likeness": how}
        for (first, second), how in sorted(alike.items())
        if {first, second} <= same
    ]
    if pairs:
        dialect = postgresql if db.get_bind().dialect.name == "postgresql" else sqlite
        db.execute(dialect.insert(NamesAlike).on_conflict_do_nothing(), pairs)
    _key_phones(db, [one for one in done if rows[one].phone_key != phone_key(rows[one].phone)])
    db.execute(delete(NameToCompare).where(among(NameToCompare.stakeholder_id, done)), execution_options=QUIET)


def _drop_pairs(db: Session, ids: list[int], names: Mapping[int, str]) -> None:
    """Drop the pairs of some entries, but not those that another worker found since the names were read: with one that came since, or
    is called otherwise.
    """
    n, one, other = NamesAlike, aliased(Stakeholder), aliased(Stakeholder)
    query = select(n.first_id, n.second_id, one.name, other.name).join(one, one.id == n.first_id)
    query = query.join(other, other.id == n.second_id)
    old = [
        (first, second)
        for side in (n.first_id, n.second_id)
        for first, second, name, other_name in db.execute(query.where(among(side, ids)))
        if names.get(first) == name and names.get(second) == other_name
    ]
    if old:
        db.execute(delete(n).where(tuple_(n.first_id, n.second_id).in_(old)), execution_options=QUIET)


def _key_phones(db: Session, ids: list[int]) -> None:
    changed = list(db.scalars(select(Stakeholder).where(among(Stakeholder.id, ids)).order_by(Stakeholder.id)))
    for one in changed:
        one.phone_key = phone_key(one.phone)
    db.flush()
    if changed:
        write_terms(db, {one.id: Entry.of(one) for one in changed})


def forget_alike(db: Session, ids: Collection[int]) -> None:
    """Forget to whom some entries are alike, and that they were to be compared."""
    theirs = or_(NamesAlike.first_id.in_(ids), NamesAlike.second_id.in_(ids))
    db.execute(delete(NamesAlike).where(theirs), execution_options=QUIET)
    db.execute(delete(NameToCompare).where(NameToCompare.stakeholder_id.in_(ids)), execution_options=QUIET)


def sweep_comparing(db: Session, *, now: datetime) -> int:  # every sweep has this shape
    """Wake the worker where a name waits, or where the country of telephone numbers is another than before. Returns 0 or 1."""
    keyed = db.get(PhonesKeyed, 1)
    if keyed is None or keyed.country != country_in_use():
        db.merge(PhonesKeyed(id=1, country=country_in_use()))
        await_comparing(db)
        db.flush()
    waits = bool(db.scalar(select(exists().where(NameToCompare.stakeholder_id > 0))))
    if waits:
        enqueue(db, COMPARE)
    return int(waits)
