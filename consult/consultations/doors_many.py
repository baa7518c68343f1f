"""Letting many entries of the registry take part at once, with a door each: a few statements for hundreds of people."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, func, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session, aliased

from consult.consultations.doors import digests_of
from consult.consultations.models import Consultation, Door, Participant
from consult.core import ids
from consult.core.db import Base
from consult.stakeholders.models import Stakeholder, StakeholderKind


def admit_stakeholders(
    db: Session, consultation: Consultation, entries: Sequence[Stakeholder], *, invited: bool, now: datetime
) -> dict[int, int]:
    """Let entries of the registry take part, each with a door; those who are new as invited, if they are.

    Returns the participant's id by the entry's: the one there is, where it takes part already, or an entry does that was merged
    into it. May run beside another that admits the same.
    """
    found = _taking_part(db, consultation.id, [entry.id for entry in entries])
    new = sorted((entry for entry in entries if entry.id not in found), key=lambda entry: entry.id)
    rows = [_row(consultation, entry, now) for entry in new]  # in order, or two at once could wait for one another
    if rows:
        dialect = postgresql if db.get_bind().dialect.name == "postgresql" else sqlite
        once = dialect.insert(Participant.__table__).on_conflict_do_nothing(
            index_elements=["consultation_id", "stakeholder_id"]
        )
        db.connection().execute(once, rows)
        found |= _taking_part(db, consultation.id, [row["stakeholder_id"] for row in rows])
    if invited:
        first = update(Participant).where(Participant.id.in_(found.values()), Participant.invited_at.is_(None))
        db.execute(first.values(invited_at=now), execution_options={"synchronize_session": False})
    make_doors(db, list(found.values()))
    return found


def make_doors(db: Session, participant_ids: Sequence[int]) -> None:
    """A door for each of these participants who has none yet. May run beside another that makes the same."""
    has = set(db.scalars(select(Door.participant_id).where(Door.participant_id.in_(participant_ids))))
    new = [{"participant_id": one, "generation": 1} for one in sorted(set(participant_ids) - has)]
    if not new:
        return
    dialect = postgresql if db.get_bind().dialect.name == "postgresql" else sqlite
    once = dialect.insert(_doors).on_conflict_do_nothing(index_elements=["participant_id"]).returning(_doors.c.id)
    made = db.connection().execute(once, new).scalars().all()
    if not made:
        return
    rows = [dict(zip(("own", "leave"), digests_of(one, 1), strict=True)) | {"door": one} for one in made]
    db.connection().execute(_KEPT, rows)


_doors = Base.metadata.tables["door"]
_KEPT = (
    update(_doors)
    .where(_doors.c.id == bindparam("door"))
    .values(digest=bindparam("own"), leave_digest=bindparam("leave"))
)


def _taking_part(db: Session, consultation_id: int, wanted: Sequence[int]) -> dict[int, int]:
    """The participants of entries, by the entry's id. Of several that were merged, whoever came first."""
    own = aliased(Stakeholder)
    whole = func.coalesce(own.merged_into, own.id)
    query = (
        select(whole, func.min(Participant.id))
        .join(own, own.id == Participant.stakeholder_id)
        .where(Participant.consultation_id == consultation_id, own.id.in_(wanted) | own.merged_into.in_(wanted))
        .group_by(whole)
    )
    return {row[0]: row[1] for row in db.execute(query)}


def _row(consultation: Consultation, entry: Stakeholder, now: datetime) -> dict[str, Any]:
    is_organisation = entry.kind is StakeholderKind.ORGANISATION
    return {
        "ref": ids.random_code(),
        "consultation_id": consultation.id,
        "stakeholder_id": entry.id,
        "name": "" if is_organisation else entry.name,
        "organisation": entry.name if is_organisation else "",
        "category": entry.category,
        "email": "",
        "language": entry.language,
        "created_at": now,
    }
