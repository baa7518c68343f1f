"""Letting many entries of the registry take part at once, with a door each: a few statements for hundreds of people."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import func, or_, select, update
from sqlalchemy.orm import Session

from consult.consultations.doors import digests_of
from consult.consultations.models import Consultation, Door, Participant
from consult.core import ids
from consult.core.db import Base
from consult.core.many import insert_many, reserve_ids
from consult.core.ranges import among
from consult.stakeholders.models import Stakeholder, StakeholderKind
from consult.stakeholders.queries_doubles import entries_as_one


def admit_stakeholders(
    db: Session, consultation: Consultation, entries: Sequence[Stakeholder], *, invited_by: str | None, now: datetime
) -> dict[int, int]:
    """Let entries of the registry take part, each with a door; as invited by a cause from now on, if there is one.

    Returns the participant's id by the entry's: the one there is, where it takes part already, or an entry does that was merged
    into it. May run beside another that admits the same.
    """
    found = _taking_part(db, consultation.id, entries_as_one(db, [entry.id for entry in entries]))
    before = list(found.values())
    new = sorted((entry for entry in entries if entry.id not in found), key=lambda entry: entry.id)
    invited = {"invited_at": now, "last_invited_at": now, "invited_by": invited_by} if invited_by is not None else {}
    # in order, or two at once could wait for one another
    codes = ids.random_codes(len(new))
    rows = [_row(consultation, entry, code, now) | invited for entry, code in zip(new, codes, strict=True)]
    if rows:
        made = insert_many(db, Base.metadata.tables["participant"], rows, once=["consultation_id", "stakeholder_id"])
        found |= _taking_part(db, consultation.id, {row["stakeholder_id"]: row["stakeholder_id"] for row in rows})
        if made < len(rows):  # somebody else has just admitted some of them
            before = list(found.values())
    if invited_by is not None:
        invite_participants(db, before, by=invited_by, now=now)
    make_doors(db, list(found.values()))
    return found


def invite_participants(db: Session, participant_ids: Sequence[int], *, by: str, now: datetime) -> None:
    """Note that these are invited: since the first time, and now once more, by a cause. The links they have stay what they are.

    The same cause once only: a mailing that tries again invites nobody anew.
    """
    if not participant_ids:
        return
    p = Participant
    invite = update(p).where(among(p.id, participant_ids), or_(p.invited_by.is_(None), p.invited_by != by))
    invite = invite.values(invited_at=func.coalesce(p.invited_at, now), last_invited_at=now, invited_by=by)
    db.execute(invite, execution_options={"synchronize_session": False})


def admit_apart(db: Session, entry: Stakeholder, merged: Sequence[int], *, now: datetime) -> None:
    """Let an entry take part by itself, with a door, wherever one that was merged into it does: before they are parted for good.

    It is invited where either was, by whichever was so last, and has left what either left.
    """
    p = Participant
    own = {one.consultation_id: one for one in db.scalars(select(p).where(p.stakeholder_id == entry.id))}
    for one in db.scalars(select(p).where(p.stakeholder_id.in_(merged)).order_by(p.id)).all():
        if one.consultation_id not in own:
            dossier = db.get_one(Consultation, one.consultation_id)
            own[one.consultation_id] = p(**_row(dossier, entry, ids.random_code(), now))
            db.add(own[one.consultation_id])
        mine = own[one.consultation_id]
        mine.share_invitation(one)
        mine.left_at = min(filter(None, (mine.left_at, one.left_at)), default=None)
    db.flush()
    make_doors(db, [one.id for one in own.values()])


def make_doors(db: Session, participant_ids: Sequence[int]) -> None:
    """A door for each of these participants who has none yet. May run beside another that makes the same."""
    if not participant_ids:
        return
    has = set(db.scalars(select(Door.participant_id).where(among(Door.participant_id, participant_ids))))
    new = sorted(set(participant_ids) - has)
    doors = Base.metadata.tables["door"]
    rows = [
        {"id": id_, "participant_id": one, "generation": 1, "digest": digest, "leave_digest": leave_digest}
        for id_, one in zip(reserve_ids(db, doors, len(new)), new, strict=True)
        for digest, leave_digest in [digests_of(id_, 1)]
    ]
    insert_many(db, doors, rows, once=["participant_id"])


def _taking_part(db: Session, consultation_id: int, whole: Mapping[int, int]) -> dict[int, int]:
    """The participants of entries, by the id of the one that holds. Of several that were merged, whoever came first."""
    p = Participant
    here = p.consultation_id == consultation_id, among(p.stakeholder_id, whole)
    found: dict[int, int] = {}
    for row in db.execute(select(p.id, p.stakeholder_id).where(*here)):
        own = whole[row.stakeholder_id]
        found[own] = min(row.id, found.get(own, row.id))
    return found


def _row(consultation: Consultation, entry: Stakeholder, code: str, now: datetime) -> dict[str, Any]:
    is_organisation = entry.kind is StakeholderKind.ORGANISATION
    return {
        "ref": code,
        "consultation_id": consultation.id,
        "stakeholder_id": entry.id,
        "name": "" if is_organisation else entry.name,
        "organisation": entry.name if is_organisation else "",
        "category": entry.category,
        "email": "",
        "language": entry.language,
        "created_at": now,
    }
