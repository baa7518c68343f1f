"""Reads of staff and sessions."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from consult.accounts.models import (
    KnownDevice,
    Role,
    SessionKind,
    SignedIn,
    SignInAttempt,
    Staff,
    StaffRole,
    StaffState,
)
from consult.accounts.rules import ATTEMPTS_WINDOW
from consult.core.ids import digest


def find_staff(db: Session, ref: str) -> Staff | None:
    """The person of a reference."""
    return db.scalars(select(Staff).where(Staff.ref == ref)).one_or_none()


def find_staff_by_email(db: Session, email: str) -> Staff | None:
    """The person of an address, without case."""
    return db.scalars(select(Staff).where(Staff.email_key == email.strip().casefold())).one_or_none()


def names_of(db: Session, actors: Iterable[str]) -> dict[str, str]:
    """The names of the staff among some actors, by their reference."""
    ids = {int(one.removeprefix("staff:")) for one in actors if one.startswith("staff:")}
    return {one.actor: one.name for one in db.scalars(select(Staff).where(Staff.id.in_(ids)))}


def roles_of(db: Session, staff_id: int) -> frozenset[Role]:
    """The roles of a person."""
    return frozenset(db.scalars(select(StaffRole.role).where(StaffRole.staff_id == staff_id)))


def list_staff(db: Session) -> Sequence[tuple[Staff, list[Role]]]:
    """Everyone by name with their roles: two queries, however many they are."""
    people = list(db.scalars(select(Staff).order_by(Staff.name)))
    roles: dict[int, list[Role]] = {person.id: [] for person in people}
    for staff_id, role in db.execute(select(StaffRole.staff_id, StaffRole.role).order_by(StaffRole.role)):
        roles[staff_id].append(role)
    return [(person, roles[person.id]) for person in people]


def has_staff(db: Session) -> bool:
    """Whether anyone was ever added: an empty installation is set up first."""
    return db.scalar(select(func.count()).select_from(Staff)) != 0


def find_session(db: Session, secret: str, kind: SessionKind, *, now: datetime) -> SignedIn | None:
    """The session of a browser's secret, if it lives."""
    found = db.scalars(select(SignedIn).where(SignedIn.digest == digest(secret), SignedIn.kind == kind)).one_or_none()
    return found if found and found.revoked_at is None and found.expires_at > now else None


def find_signed_in(db: Session, secret: str, *, now: datetime, kind: SessionKind = SessionKind.STAFF) -> Staff | None:
    """The person whose browser holds a secret, if the session is of this kind and lives, and they may sign in."""
    session = find_session(db, secret, kind, now=now)
    person = db.get(Staff, int(session.holder.removeprefix("staff:"))) if session else None
    return person if person and person.state is StaffState.ACTIVE else None


def recent_failures(db: Session, name_key: bytes, *, now: datetime) -> tuple[int, datetime | None]:
    """How often signing in failed lately under a name, and when last."""
    found = db.execute(
        select(func.count(), func.max(SignInAttempt.at)).where(
            SignInAttempt.name_key == name_key, SignInAttempt.at > now - ATTEMPTS_WINDOW
        )
    ).one()
    return found[0], found[1]


def is_known_device(db: Session, secret: str, staff_id: int | None, *, now: datetime) -> bool:
    """Whether someone signed in on this browser before."""
    if not secret or staff_id is None:
        return False
    query = select(KnownDevice.id).where(
        KnownDevice.digest == digest(secret), KnownDevice.staff_id == staff_id, KnownDevice.expires_at > now
    )
    return db.scalar(query) is not None
