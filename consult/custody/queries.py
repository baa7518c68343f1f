"""Reads of officers and consultation keys."""

from collections.abc import Collection, Sequence

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from consult.accounts.models import Staff, StaffState
from consult.custody.models import Appointment, ConsultationKey, HalfCopy, Officer, Opening, SafeFile
from consult.custody.signed_files import listed_officers
from consult.stakeholders.models import HIDDEN, Stakeholder


def find_officer(db: Session, ref: str) -> Officer | None:
    """The card of a reference."""
    return db.scalars(select(Officer).where(Officer.ref == ref)).one_or_none()


def officer_of(db: Session, staff_id: int) -> Officer | None:
    """The card that someone has now, whether they are appointed yet or not."""
    return db.scalars(select(Officer).where(Officer.staff_id == staff_id, Officer.ended_at.is_(None))).one_or_none()


def list_serving(db: Session) -> list[Officer]:
    """The officers now, in the order of their appointment."""
    query = select(Officer).where(Officer.appointed_at.is_not(None), Officer.ended_at.is_(None))
    return list(db.scalars(query.order_by(Officer.appointed_at, Officer.id)))


def staff_serving(db: Session, *, but: Collection[int] = ()) -> list[Staff]:
    """The accounts of the officers now who can sign in, without some officers, in the order of their appointment."""
    people = [db.get_one(Staff, one.staff_id) for one in list_serving(db) if one.id not in but]
    return [person for person in people if person.state is StaffState.ACTIVE]


def list_handed_in(db: Session) -> list[Officer]:
    """Cards that wait for an appointment."""
    query = select(Officer).where(Officer.appointed_at.is_(None), Officer.ended_at.is_(None))
    return list(db.scalars(query.order_by(Officer.handed_in_at, Officer.id)))


def list_ended(db: Session) -> list[Officer]:
    """Who was an officer once."""
    query = select(Officer).where(Officer.appointed_at.is_not(None), Officer.ended_at.is_not(None))
    return list(db.scalars(query.order_by(Officer.ended_at, Officer.id)))


def list_told(db: Session, opening: Opening | None) -> list[Officer]:
    """Whose cards safe and the officers are told: all whom an opening names, in office or not, and those appointed since."""
    named = listed_officers(opening.signed) if opening else []
    is_told = Officer.fingerprint.in_(named) | (Officer.appointed_at.is_not(None) & Officer.ended_at.is_(None))
    return list(db.scalars(select(Officer).where(is_told).order_by(Officer.appointed_at, Officer.id)))


def signed_for(db: Session, officer_ids: Sequence[int]) -> dict[int, list[int]]:
    """Which officers have signed for each newcomer."""
    found: dict[int, list[int]] = {one: [] for one in officer_ids}
    query = select(Appointment.officer_id, Appointment.by_id).where(Appointment.officer_id.in_(officer_ids))
    for newcomer, by in db.execute(query):
        found[newcomer].append(by)
    return found


def officers_decide(db: Session) -> bool:
    """Whether something is sealed to officers: an entry is protected (it stays so), or there is a consultation key."""
    key, entry = select(ConsultationKey.id).limit(1), select(Stakeholder.id).where(HIDDEN).limit(1)
    return db.scalar(key) is not None or db.scalar(entry) is not None


def list_appointments(db: Session) -> list[str]:
    """Every signed word for a newcomer, in order: the chain by which the custodian file knows officers."""
    return list(db.scalars(select(Appointment.signed).order_by(Appointment.id)))


def list_in_use(db: Session) -> list[int]:
    """The ids of the consultations that take, or took, comments without a name."""
    return list(
        db.scalars(select(ConsultationKey.consultation_id).where(ConsultationKey.used_at.is_not(None)).distinct())
    )


def list_keys(db: Session, consultation_id: int) -> list[ConsultationKey]:
    """The keys of a consultation, oldest first."""
    query = select(ConsultationKey).where(ConsultationKey.consultation_id == consultation_id)
    return list(db.scalars(query.order_by(ConsultationKey.number)))


def present_key(db: Session, consultation_id: int) -> ConsultationKey | None:
    """The newest key of a consultation."""
    return next(reversed(list_keys(db, consultation_id)), None)


def newest_opening(db: Session, consultation_id: int) -> Opening | None:
    """The list of keys that holds now."""
    query = select(Opening).where(Opening.consultation_id == consultation_id)
    return db.scalars(query.order_by(Opening.number.desc()).limit(1)).one_or_none()


def list_copies(db: Session, key_ids: Sequence[int]) -> list[HalfCopy]:
    """The copies of keys, by key and officer."""
    query = select(HalfCopy).where(HalfCopy.key_id.in_(key_ids))
    return list(db.scalars(query.order_by(HalfCopy.key_id, HalfCopy.officer_id)))


def copy_of(db: Session, key_id: int, officer_id: int) -> HalfCopy | None:
    """One officer's copy of a key."""
    query = select(HalfCopy).where(HalfCopy.key_id == key_id, HalfCopy.officer_id == officer_id)
    return db.scalars(query).one_or_none()


def is_erased(db: Session, consultation_id: int) -> bool:
    """Whether every officer who had a copy of any of its keys has confirmed that they erased it."""
    copies = list_copies(db, [one.id for one in list_keys(db, consultation_id)])
    return bool(copies) and all(one.erased_at is not None for one in copies)


def newest_file(db: Session, consultation_id: int, purpose: str) -> SafeFile | None:
    """The newest file for safe of a purpose."""
    query = select(SafeFile).where(SafeFile.consultation_id == consultation_id, SafeFile.purpose == purpose)
    return db.scalars(query.order_by(SafeFile.number.desc()).limit(1)).one_or_none()


def last_number(db: Session, consultation_id: int, purpose: str) -> int:
    """The number of the newest file for safe of a purpose; 0 where there is none."""
    query = select(func.max(SafeFile.number)).where(SafeFile.consultation_id == consultation_id)
    return db.scalar(query.where(SafeFile.purpose == purpose)) or 0


def list_to_lay(db: Session) -> list[SafeFile]:
    """Files that do not lie in the folder yet."""
    return list(db.scalars(select(SafeFile).where(SafeFile.laid_at.is_(None)).order_by(SafeFile.id)))
