"""Reads of second factors. All of them are of one person, who is named by the caller and never by an address."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from consult.accounts.models import (
    Authenticator,
    AuthenticatorOffer,
    Passkey,
    PasskeyChallenge,
    PasskeyPurpose,
    RecoveryCode,
    Staff,
)
from consult.core.ids import digest


@dataclass(frozen=True, slots=True)
class SecondFactors:
    """What a person has beside their password."""

    authenticator: Authenticator | None
    passkeys: Sequence[Passkey]
    recovery_codes: int  # how many are left

    @property
    def count(self) -> int:
        """How many ways there are to pass, recovery codes apart."""
        return len(self.passkeys) + (self.authenticator is not None)


def find_authenticator(db: Session, person: Staff) -> Authenticator | None:
    """A person's app."""
    return db.scalars(select(Authenticator).where(Authenticator.staff_id == person.id)).one_or_none()


def list_passkeys(db: Session, person: Staff) -> Sequence[Passkey]:
    """A person's passkeys, in the order in which they were added."""
    return list(db.scalars(select(Passkey).where(Passkey.staff_id == person.id).order_by(Passkey.id)))


def find_passkey(db: Session, person: Staff, ref: str) -> Passkey | None:
    """One of a person's own passkeys: another's is not found, whatever the reference."""
    return db.scalars(select(Passkey).where(Passkey.staff_id == person.id, Passkey.ref == ref)).one_or_none()


def second_factors(db: Session, person: Staff) -> SecondFactors:
    """All that a person has beside their password."""
    codes = db.scalar(select(func.count()).select_from(RecoveryCode).where(RecoveryCode.staff_id == person.id))
    return SecondFactors(find_authenticator(db, person), list_passkeys(db, person), codes or 0)


def has_second_factor(db: Session, staff_id: int) -> bool:
    """Whether someone is asked for more than a password. One query: it is asked with every page of those who need one."""
    app = select(Authenticator.id).where(Authenticator.staff_id == staff_id).exists()
    key = select(Passkey.id).where(Passkey.staff_id == staff_id).exists()
    return bool(db.scalar(select(app | key)))


def find_offer(db: Session, person: Staff, session: str, *, now: datetime) -> AuthenticatorOffer | None:
    """The secret that is being shown to a person in this session, if it still waits for its first code."""
    query = select(AuthenticatorOffer).where(
        AuthenticatorOffer.staff_id == person.id,
        AuthenticatorOffer.session_digest == digest(session),
        AuthenticatorOffer.expires_at > now,
    )
    return db.scalars(query).one_or_none()


def find_challenge(
    db: Session, person: Staff, session: str, purpose: PasskeyPurpose, *, now: datetime
) -> PasskeyChallenge | None:
    """What a passkey has to sign in this session, if it is still time."""
    query = select(PasskeyChallenge).where(
        PasskeyChallenge.staff_id == person.id,
        PasskeyChallenge.session_digest == digest(session),
        PasskeyChallenge.purpose == purpose,
        PasskeyChallenge.expires_at > now,
    )
    return db.scalars(query).one_or_none()
