"""Adding staff, giving roles, signing in and out."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from consult.accounts import passwords, queries, rules
from consult.accounts.models import (
    AuthenticatorOffer,
    KnownDevice,
    PasskeyChallenge,
    PasswordLink,
    Role,
    SessionKind,
    SignedIn,
    SignInAttempt,
    Staff,
    StaffRole,
    StaffState,
)
from consult.audit import record
from consult.audit.operations import Actor
from consult.core import ids
from consult.core.db import lock, refusing, rows_touched
from consult.core.i18n import _l
from consult.core.refusals import Refused


class EmailTaken(Refused):
    """Another person has this address."""

    message = _l("Someone with this e-mail address is there already.")
    status = 409


def add_staff(
    db: Session, *, name: str, email: str, language: str, roles: Collection[Role], by: Actor | None, now: datetime
) -> Staff:
    """Add a person, who then needs a link to set a password.

    Returns the person.  Raises RolesClash, EmailTaken.  Records ``staff.added`` (staff id, roles).
    """
    rules.check_roles(roles)
    email = email.strip()
    added = Staff(
        ref=ids.random_code(), name=name, email=email, email_key=email.casefold(), language=language,
        state=StaffState.INVITED, created_at=now,
    )  # fmt: skip
    with refusing(db, {"uq_staff_email_key": EmailTaken}):
        db.add(added)
    _set_roles(db, added, roles)
    record(db, "staff.added", by=by, staff=added.id, roles=".".join(sorted(roles)))
    return added


def change_roles(db: Session, person: Staff, roles: Collection[Role], *, by: Actor | None, now: datetime) -> None:
    """Give a person exactly these roles; whoever loses one is signed out everywhere.

    Raises RolesClash, SignInOfOfficer.  Records ``staff.roles_changed`` (staff id, roles).
    """
    rules.check_roles(roles)
    lock(db, person)
    before = queries.roles_of(db, person.id)
    if before == frozenset(roles):
        return
    rules.check_reset_sign_in(before, has_begun=person.password_hash is not None)
    db.execute(delete(StaffRole).where(StaffRole.staff_id == person.id))
    _set_roles(db, person, roles)
    if before - set(roles):
        revoke_sessions(db, person.actor, now=now)
    record(db, "staff.roles_changed", by=by, staff=person.id, roles=".".join(sorted(roles)))


def _set_roles(db: Session, person: Staff, roles: Collection[Role]) -> None:
    with refusing(db, {"officer_holds_no_other_role": rules.RolesClash}):
        for role in sorted(set(roles)):
            db.add(StaffRole(staff_id=person.id, role=role))


def disable_staff(db: Session, person: Staff, *, by: Actor | None, now: datetime) -> None:
    """Let a person sign in no more, and end all their sessions at once.

    Raises OfficerServes where the database keeps the account.  Records ``staff.disabled`` (staff id).
    """
    lock(db, person)
    with refusing(db, {"serving_officer_keeps_the_account": rules.OfficerServes}):
        person.state = StaffState.DISABLED
    revoke_sessions(db, person.actor, now=now)
    record(db, "staff.disabled", by=by, staff=person.id)


def make_password_link(db: Session, person: Staff, *, by: Actor | None, now: datetime) -> str:
    """A secret, good once and for a week, with which a person sets a password; older ones end.

    Returns the secret (it is kept nowhere).  Raises SignInOfOfficer.  Records ``staff.link_made`` (staff id).
    """
    rules.check_reset_sign_in(queries.roles_of(db, person.id), has_begun=person.password_hash is not None)
    db.execute(
        update(PasswordLink)
        .where(PasswordLink.staff_id == person.id, PasswordLink.used_at.is_(None))
        .values(used_at=now)
    )
    secret = ids.random_secret()
    db.add(PasswordLink(digest=ids.digest(secret), staff_id=person.id, expires_at=now + rules.LINK_LASTS))
    db.flush()
    record(db, "staff.link_made", by=by, staff=person.id)
    return secret


def find_by_link(db: Session, secret: str, *, now: datetime) -> tuple[PasswordLink, Staff]:
    """The link of a secret and whose it is. Raises LinkOver."""
    query = select(PasswordLink, Staff).join(Staff, Staff.id == PasswordLink.staff_id)
    row = db.execute(query.where(PasswordLink.digest == ids.digest(secret))).one_or_none()
    if row is None or row[0].used_at is not None or row[0].expires_at < now or row[1].state is StaffState.DISABLED:
        raise rules.LinkOver
    return row[0], row[1]


def set_password_by_link(db: Session, secret: str, password: str, *, now: datetime) -> Staff:
    """Set the password of whoever holds a link; the link is used up.

    Returns the person.  Raises LinkOver and what check_password raises.  Records ``staff.password_set`` (staff id).
    """
    link, person = find_by_link(db, secret, now=now)
    lock(db, link)
    if link.used_at is not None:
        raise rules.LinkOver
    rules.check_password(password, name=person.name, email=person.email)
    link.used_at = now
    _set_password(db, person, password, now=now)
    return person


def change_password(db: Session, person: Staff, old: str, new: str, *, now: datetime) -> None:
    """Change one's own password; all sessions end, also this one.

    Raises SignInRefused where the old one is wrong, and what check_password raises.  Records ``staff.password_set``.
    """
    if not passwords.is_password(person.password_hash, old):
        raise rules.SignInRefused
    rules.check_password(new, name=person.name, email=person.email)
    _set_password(db, person, new, now=now)


def _set_password(db: Session, person: Staff, password: str, *, now: datetime) -> None:
    person.password_hash = passwords.hash_password(password)
    person.state = StaffState.ACTIVE
    revoke_sessions(db, person.actor, now=now)
    record(db, "staff.password_set", by=person, staff=person.id)


@dataclass(frozen=True, slots=True)
class Tried:
    """How an attempt to sign in ended: who it was, or None; and the refusal to show."""

    person: Staff | None
    refused: Refused | None


def try_sign_in(db: Session, email: str, password: str, *, device: str, key: bytes, now: datetime) -> Tried:
    """Check name and password; a failure is kept as a row (so the transaction must be kept too).

    The same work is done for a name that does not exist. A device on which the person signed in before need not wait.
    The person comes back locked: whether they have a second factor must hold until their session is begun.
    """
    name_key = ids.keyed_name(key, email)
    person = queries.find_staff_by_email(db, email)
    failures, newest = queries.recent_failures(db, name_key, now=now)
    known = queries.is_known_device(db, device, person.id if person else None, now=now)
    if not known:
        try:
            rules.check_sign_in_now(failures, newest, now=now)
        except rules.WaitBeforeSignIn as problem:
            return Tried(None, problem)
    right = passwords.is_password(person.password_hash if person else None, password)
    if person is None or not right or person.state is not StaffState.ACTIVE:
        db.add(SignInAttempt(name_key=name_key, at=now))
        db.flush()
        return Tried(None, rules.SignInRefused())
    db.execute(delete(SignInAttempt).where(SignInAttempt.name_key == name_key))
    if person.password_hash and passwords.is_outdated(person.password_hash):
        person.password_hash = passwords.hash_password(password)
    return Tried(lock(db, person), None)


def begin_session(db: Session, kind: SessionKind, holder: str, *, now: datetime, lasts: timedelta) -> str:
    """Begin a session. Returns the secret for the browser (it is kept nowhere)."""
    secret = ids.random_secret()
    db.add(SignedIn(digest=ids.digest(secret), kind=kind, holder=holder, created_at=now, expires_at=now + lasts))
    db.flush()
    return secret


def revoke_session(db: Session, secret: str, *, now: datetime) -> None:
    """End the session of a browser's secret."""
    db.execute(
        update(SignedIn)
        .where(SignedIn.digest == ids.digest(secret), SignedIn.revoked_at.is_(None))
        .values(revoked_at=now)
    )


def revoke_sessions(db: Session, holder: str, *, now: datetime, but: str = "") -> None:
    """End all sessions of someone, of every kind; `but` is the secret of one that goes on."""
    living = update(SignedIn).where(SignedIn.holder == holder, SignedIn.revoked_at.is_(None))
    db.execute(living.where(SignedIn.digest != ids.digest(but)).values(revoked_at=now))


def remember_device(db: Session, person: Staff, *, now: datetime) -> str:
    """Know this browser from now on. Returns the secret for its cookie."""
    secret = ids.random_secret()
    db.add(KnownDevice(digest=ids.digest(secret), staff_id=person.id, expires_at=now + rules.DEVICE_LASTS))
    db.flush()
    return secret


def sweep_accounts(db: Session, *, now: datetime) -> int:
    """Remove failures, sessions, devices, links, and secrets and challenges that waited, once over. Returns how many."""
    gone = 0
    for query in (
        delete(SignInAttempt).where(SignInAttempt.at < now - rules.ATTEMPTS_WINDOW),
        delete(SignedIn).where(SignedIn.expires_at < now),
        delete(KnownDevice).where(KnownDevice.expires_at < now),
        delete(PasswordLink).where(PasswordLink.expires_at < now - rules.LINK_LASTS),
        delete(AuthenticatorOffer).where(AuthenticatorOffer.expires_at < now),
        delete(PasskeyChallenge).where(PasskeyChallenge.expires_at < now),
    ):
        gone += rows_touched(db.execute(query))
    return gone
