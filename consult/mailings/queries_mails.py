"""What a mail of a campaign must know of those who read it: read for hundreds at once, when the mails are made."""

from collections.abc import Collection
from typing import NamedTuple

from sqlalchemy import Boolean, bindparam, case, func, select
from sqlalchemy.orm import Session, aliased

from consult.consultations.leaving import left_among
from consult.consultations.models import Door, Participant, Participation, Window
from consult.mail.models_delivery import BY_OFFICER
from consult.stakeholders.models import Basis, Protection, Stakeholder
from consult.stakeholders.queries_duty import holders_now


class ToRead(NamedTuple):
    """One who may be written to now, and the door (id, generation) that the mail leads to."""

    door: tuple[int, int]
    is_registered: bool
    is_duty: bool


_p, _own, _whole = Participant, aliased(Stakeholder), aliased(Stakeholder)
# The same as `stakeholders.rules.may_be_written_to`: a test holds them together. Built once, columns only: fifty thousand ask.
# With `news`: the same as `may_get_news`.
_MAY_BE = _whole.merged_into.is_(None) & _whole.left_at.is_(None) & ~_whole.has_left
_AGREED = case((bindparam("news"), _whole.news), else_=_whole.basis != Basis.NONE)
_IS_PROTECTED = _whole.protection == Protection.PROTECTED
_ADDRESS = case((_IS_PROTECTED, BY_OFFICER), else_=func.coalesce(_whole.email, _p.email))
_READERS = (
    select(
        _p.id,
        _ADDRESS,
        Door.id,
        Door.generation,
        _whole.id,
        _whole.basis,
    )
    .outerjoin(Door, Door.participant_id == _p.id)
    .outerjoin(_own, _own.id == _p.stakeholder_id)
    .outerjoin(_whole, _whole.id == func.coalesce(_own.merged_into, _own.id))
    .where(
        _p.consultation_id == bindparam("here"),
        _p.id.in_(bindparam("ids", expanding=True)),
        _p.left_at.is_(None),
        (_p.stakeholder_id.is_(None) & ~bindparam("news", type_=Boolean)) | (_MAY_BE & _AGREED),
    )
)


def read_readers(db: Session, consultation_id: int, ids: Collection[int], *, news: bool = False) -> dict[int, ToRead]:
    """Those participants of a consultation who may be written to now, or get news (`news`), by their id.  Source: DESIGN invariant 6.

    Without `news` the same as `consultations.doors.mail_address` says of each (a test holds them together). Raises LookupError
    for one without a door: whoever queues a mail makes it.
    """
    asked = {"here": consultation_id, "ids": list(ids), "news": news}
    rows = [row for row in db.execute(_READERS, asked) if row[1]]
    left = left_among(db, {row[1] for row in rows}, consultation_id)
    holders = holders_now(db)
    found = {}
    for one, address, door, generation, entry, basis in rows:
        if address.casefold() in left:
            continue
        if door is None:
            raise LookupError("a participant who is written to has a door")
        found[one] = ToRead(
            (door, generation), is_registered=entry is not None, is_duty=basis is Basis.DUTY or entry in holders
        )
    return found


def took_part_among(db: Session, ids: Collection[int], window: Window) -> set[int]:
    """Which of some participants took part in a window."""
    p = Participation
    query = select(p.participant_id).where(p.participant_id.in_(ids), p.what == window.what, p.number == window.number)
    return set(db.scalars(query))
