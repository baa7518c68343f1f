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
from consult.stakeholders.addressees import Addressee
from consult.stakeholders.models import Stakeholder, StakeholderKind
from consult.stakeholders.queries_doubles import AsOne


def admit_stakeholders(
    db: Session,
    consultation: Consultation,
    entries: Sequence[Stakeholder | Addressee],
    *,
    as_one: AsOne | None = None,
    invited_by: str | None,
    now: datetime,
) -> dict[int, int]:
    """Let entries of the registry take part, each with a door; as invited by a cause from now on, if there is one.

    Returns the participant's id by the entry's: the one there is, where it takes part already, or an entry does that was merged
    into it. May run beside another that admits the same.
    """
    found = _taking_part(db, consultation.id, (as_one or AsOne(db)).of([entry.id for entry in entries]))
    before, made = list(found.values()), dict[int, int]()
    # in order, or two at once could wait for one another
    if new := sorted((entry for entry in entries if entry.id not in found), key=lambda entry: entry.id):
        made = _insert(db, consultation, new, invited_by=invited_by, now=now)
        if len(made) < len(new):  # somebody else has just admitted some of them
            made = _taking_part(db, consultation.id, {entry.id: entry.id for entry in new})
            before, made, found = [*before, *made.values()], {}, found | made
    if invited_by is not None:
        invite_participants(db, before, by=invited_by, now=now)
    make_doors(db, before, made=list(made.values()))
    return found | made


def _insert(
    db: Session,
    consultation: Consultation,
    entries: Sequence[Stakeholder | Addressee],
    *,
    invited_by: str | None,
    now: datetime,
) -> dict[int, int]:
    """Participants for entries that have none. Returns their ids by the entry's; nothing where one of them has one after all."""
    participants = Base.metadata.tables["participant"]
    invited = {"invited_at": now, "last_invited_at": now, "invited_by": invited_by} if invited_by is not None else {}
    own, codes = reserve_ids(db, participants, len(entries)), ids.random_codes(len(entries))
    rows = [
        {"id": id_, **_row(consultation, entry, code, now), **invited}
        for id_, entry, code in zip(own, entries, codes, strict=True)
    ]
    new = insert_many(db, participants, rows, once=["consultation_id", "stakeholder_id"])
    return {entry.id: id_ for id_, entry in zip(own, entries, strict=True)} if new == len(rows) else {}


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


def make_doors(db: Session, participant_ids: Sequence[int], *, made: Sequence[int] = ()) -> None:
    """A door for each of these participants who has none yet, and for those who were `made` by this transaction: nobody else can
    have given them one. May run beside another that makes the same.
    """
    has = set[int]()
    if participant_ids:
        has |= set(db.scalars(select(Door.participant_id).where(among(Door.participant_id, participant_ids))))
    new = sorted({*participant_ids, *made} - has)
    if not new:
        return
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
    for id_, stakeholder_id in db.execute(select(p.id, p.stakeholder_id).where(*here)):
        assert stakeholder_id is not None, "asked for by it"
        own = whole[stakeholder_id]
        found[own] = min(id_, found.get(own, id_))
    return found


def _row(consultation: Consultation, entry: Stakeholder | Addressee, code: str, now: datetime) -> dict[str, Any]:
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
