"""Passkeys: adding one, passing with one, removing one. Always the person's own."""

from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from consult.accounts import passkeys, queries, rules
from consult.accounts import queries_second_factor as factors
from consult.accounts.models import Passkey, PasskeyChallenge, PasskeyPurpose, Staff
from consult.accounts.operations import revoke_session
from consult.accounts.operations_second_factor import new_challenge, note_added, note_removed
from consult.accounts.passkeys import Site
from consult.core import ids
from consult.core.db import lock, refusing, rows_touched


def begin_passkey(db: Session, person: Staff, name: str, *, session: str, now: datetime) -> None:
    """Ask a person's browser for a new passkey of this name, within this session. Raises TooManyPasskeys."""
    lock(db, person)
    rules.check_add_passkey(len(factors.list_passkeys(db, person)))
    new_challenge(db, person, session, PasskeyPurpose.ADD, now=now, name=name)


def add_passkey(db: Session, person: Staff, answer: str, *, site: Site, session: str, now: datetime) -> list[str]:
    """Keep the passkey that a browser made for the challenge of this session.

    Returns the recovery codes to show, once: none where the person has some.  Raises PasskeyRefused, TooManyPasskeys.
    Records ``staff.second_factor_added`` (staff id, kind).
    """
    lock(db, person)
    asked = _use_challenge(db, person, session, PasskeyPurpose.ADD, now=now)
    rules.check_add_passkey(len(factors.list_passkeys(db, person)))
    made = passkeys.read_new_key(site, answer, asked.challenge)
    with refusing(db, {"uq_passkey_credential_id": rules.PasskeyRefused}):
        db.add(
            Passkey(
                ref=ids.random_code(), staff_id=person.id, name=asked.name or "", credential_id=made.credential_id,
                public_key=made.public_key, sign_count=made.sign_count, added_at=now,
            )
        )  # fmt: skip
    return note_added(db, person, "passkey", session=session, now=now)


def pass_with_passkey(db: Session, person: Staff, answer: str, *, site: Site, session: str, now: datetime) -> None:
    """Pass the second factor with one of the person's passkeys. Ends the session of the password.

    Raises PasskeyRefused, where the challenge is used up all the same if the transaction is kept.
    """
    lock(db, person)
    asked = _use_challenge(db, person, session, PasskeyPurpose.SIGN_IN, now=now)
    used = db.scalars(
        select(Passkey).where(Passkey.staff_id == person.id, Passkey.credential_id == passkeys.credential_of(answer))
    ).one_or_none()
    if used is None:
        raise rules.PasskeyRefused
    used.sign_count = passkeys.read_count(
        site, answer, asked.challenge, public_key=used.public_key, sign_count=used.sign_count
    )
    db.flush()
    revoke_session(db, session, now=now)


def _use_challenge(
    db: Session, person: Staff, session: str, purpose: PasskeyPurpose, *, now: datetime
) -> PasskeyChallenge:
    """The challenge of this session, which is over from here on. Raises PasskeyRefused."""
    found = factors.find_challenge(db, person, session, purpose, now=now)
    if found is None:
        raise rules.PasskeyRefused
    db.expunge(found)
    if rows_touched(db.execute(delete(PasskeyChallenge).where(PasskeyChallenge.id == found.id))) != 1:
        raise rules.PasskeyRefused
    return found


def remove_passkey(db: Session, person: Staff, ref: str, *, session: str, now: datetime) -> None:
    """Remove one of a person's own passkeys, if it is there. Raises LastSecondFactor.

    Records ``staff.second_factor_removed`` (staff id, kind).
    """
    lock(db, person)
    passkey = factors.find_passkey(db, person, ref)
    if passkey is None:
        return
    left = factors.second_factors(db, person).count - 1
    rules.check_remove_second_factor(queries.roles_of(db, person.id), left=left)
    db.delete(passkey)
    db.flush()
    note_removed(db, person, "passkey", session=session, now=now)
