"""Second factors: setting up an app, passing with a code, new recovery codes, taking away what was lost.

Each of these is for the person it is called with, whom the views take from the session and never from an address; who resets
another's is an administrator. Every change ends the person's other sessions and mails them that something changed.
"""

import secrets
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, update
from sqlalchemy.orm import Session

from consult.accounts import codes, queries, rules
from consult.accounts import queries_second_factor as factors
from consult.accounts.mails import ACCOUNT_CHANGED
from consult.accounts.models import (
    Authenticator,
    AuthenticatorOffer,
    Passkey,
    PasskeyChallenge,
    PasskeyPurpose,
    RecoveryCode,
    SessionKind,
    SignInAttempt,
    Staff,
)
from consult.accounts.operations import begin_session, revoke_session, revoke_sessions
from consult.audit import record
from consult.audit.operations import Actor
from consult.core import ids
from consult.core.db import lock, rows_touched
from consult.core.refusals import Refused
from consult.mail.models import Mail
from consult.mail.operations import queue_mail
from consult.mail.rules import MailAddressWrong


@dataclass(frozen=True, slots=True)
class Passed:
    """How an attempt to pass ended: the refusal to show, or None; and whether a recovery code was used up."""

    refused: Refused | None
    by_recovery_code: bool = False


def begin_half_signed_in(db: Session, person: Staff, *, now: datetime) -> str:
    """Begin the session of someone whose password was right, in which nothing can be done but to pass the second factor.

    Returns the secret for the browser (it is kept nowhere).
    """
    lasts = rules.HALF_SIGNED_IN_LASTS
    secret = begin_session(db, SessionKind.HALF_SIGNED_IN, person.actor, now=now, lasts=lasts)
    if factors.list_passkeys(db, person):
        new_challenge(db, person, secret, PasskeyPurpose.SIGN_IN, now=now)
    return secret


def new_challenge(
    db: Session, person: Staff, session: str, purpose: PasskeyPurpose, *, now: datetime, name: str | None = None
) -> None:
    """Let a passkey sign something new in this session: an older challenge is over."""
    end_challenge(db, session)
    db.add(
        PasskeyChallenge(
            session_digest=ids.digest(session), purpose=purpose, staff_id=person.id, challenge=secrets.token_bytes(32), name=name,
            expires_at=now + rules.CHALLENGE_LASTS,
        )
    )  # fmt: skip
    db.flush()


def end_challenge(db: Session, session: str) -> None:
    """Let nothing be signed in this session any more."""
    db.execute(delete(PasskeyChallenge).where(PasskeyChallenge.session_digest == ids.digest(session)))


def try_code(db: Session, person: Staff, typed: str, *, session: str, now: datetime) -> Passed:
    """Pass by a code of the app or a recovery code; a failure is kept as a row (so the transaction must be kept too).

    Wrong codes make one wait as wrong passwords do, on every device.  Ends the session of the password.
    Records ``staff.recovery_code_used`` (staff id, how many are left) where one was.
    """
    lock(db, person)  # one attempt at a time: none is made beside the count of those before
    key = codes.attempts_key(person.actor)
    try:
        rules.check_sign_in_now(*queries.recent_failures(db, key, now=now), now=now)
    except rules.WaitBeforeSignIn as problem:
        return Passed(problem)
    code = codes.figures(typed)
    by_app = _take_code(db, person, code, now=now)
    if not by_app and not _take_recovery_code(db, person, code, now=now):
        db.add(SignInAttempt(name_key=key, at=now))
        db.flush()
        return Passed(rules.CodeWrong())
    db.execute(delete(SignInAttempt).where(SignInAttempt.name_key == key))
    revoke_session(db, session, now=now)
    return Passed(None, by_recovery_code=not by_app)


def _take_code(db: Session, person: Staff, code: str, *, now: datetime) -> bool:
    """Whether a code is one of the person's app; from then on it is used."""
    app = factors.find_authenticator(db, person)
    secret = codes.unseal(app.sealed_secret, person.actor) if app else None
    if app is None or secret is None:
        return False
    step = codes.matching_step(secret, code, after=app.last_step, now=now)
    if step is None:
        return False
    taken = update(Authenticator).where(Authenticator.id == app.id, Authenticator.last_step < step)
    return rows_touched(db.execute(taken.values(last_step=step))) == 1


def _take_recovery_code(db: Session, person: Staff, code: str, *, now: datetime) -> bool:
    if len(code) != codes.RECOVERY_DIGITS:
        return False
    digest = codes.recovery_digest(code, person.actor)
    mine = delete(RecoveryCode).where(RecoveryCode.staff_id == person.id, RecoveryCode.digest == digest)
    if rows_touched(db.execute(mine)) != 1:
        return False
    left = factors.second_factors(db, person).recovery_codes
    record(db, "staff.recovery_code_used", by=person, staff=person.id, left=left)
    mail_change(db, person, now=now)
    return True


def begin_authenticator(db: Session, person: Staff, *, session: str, now: datetime) -> None:
    """Offer a person a new secret for their app, within this session; what they have stays until the first code is typed."""
    lock(db, person)
    db.execute(delete(AuthenticatorOffer).where(AuthenticatorOffer.staff_id == person.id))
    db.add(
        AuthenticatorOffer(
            staff_id=person.id,
            session_digest=ids.digest(session),
            sealed_secret=codes.seal(codes.new_secret(), person.actor),
            expires_at=now + rules.OFFER_LASTS,
        )
    )
    db.flush()


def add_authenticator(db: Session, person: Staff, typed: str, *, session: str, now: datetime) -> list[str]:
    """Take the app whose secret was offered, if it shows the right code; it replaces an older one.

    Returns the recovery codes to show, once: none where the person has some.  Raises OfferOver, CodeWrong.
    Records ``staff.second_factor_added`` (staff id, kind).
    """
    lock(db, person)
    offer = factors.find_offer(db, person, session, now=now)
    secret = codes.unseal(offer.sealed_secret, person.actor) if offer else None
    if offer is None or secret is None:
        raise rules.OfferOver
    step = codes.matching_step(secret, codes.figures(typed), after=0, now=now)
    if step is None:
        raise rules.CodeWrong
    db.execute(delete(Authenticator).where(Authenticator.staff_id == person.id))
    sealed = offer.sealed_secret
    db.add(Authenticator(staff_id=person.id, sealed_secret=sealed, last_step=step, added_at=now))
    db.delete(offer)
    db.flush()
    return note_added(db, person, "app", session=session, now=now)


def remove_authenticator(db: Session, person: Staff, *, session: str, now: datetime) -> None:
    """Remove a person's app. Raises LastSecondFactor.  Records ``staff.second_factor_removed`` (staff id, kind)."""
    lock(db, person)
    have = factors.second_factors(db, person)
    if have.authenticator is None:
        return
    rules.check_remove_second_factor(queries.roles_of(db, person.id), left=have.count - 1)
    db.delete(have.authenticator)
    db.flush()
    note_removed(db, person, "app", session=session, now=now)


def make_recovery_codes(db: Session, person: Staff, *, session: str, now: datetime) -> list[str]:
    """Make new recovery codes; the older ones are over.

    Returns them, to be shown once: none where there is nothing to recover.  Records ``staff.recovery_codes_made`` (staff id).
    """
    lock(db, person)
    if not factors.has_second_factor(db, person.id):
        return []
    new = _new_recovery_codes(db, person)
    record(db, "staff.recovery_codes_made", by=person, staff=person.id)
    _tell(db, person, session=session, now=now)
    return new


def reset_second_factor(db: Session, person: Staff, *, by: Actor | None, now: datetime) -> None:
    """Take away all second factors of someone who lost theirs; they are signed out everywhere. `by` None: on the server.

    Raises ResetOfOwn, ResetNeedsTwo.  Records ``staff.second_factor_reset`` (staff id).
    """
    lock(db, person)
    is_own = by is not None and by.actor == person.actor
    rules.check_reset_second_factor(queries.roles_of(db, person.id), is_own=is_own)
    for table in (Authenticator, AuthenticatorOffer, Passkey, PasskeyChallenge, RecoveryCode):
        db.execute(delete(table).where(table.staff_id == person.id))
    revoke_sessions(db, person.actor, now=now)
    record(db, "staff.second_factor_reset", by=by, staff=person.id)
    mail_change(db, person, now=now)


def note_added(db: Session, person: Staff, kind: str, *, session: str, now: datetime) -> list[str]:
    """What every new factor brings with it. Returns the recovery codes to show: none where the person has some."""
    has_codes = factors.second_factors(db, person).recovery_codes > 0
    record(db, "staff.second_factor_added", by=person, staff=person.id, kind=kind)
    _tell(db, person, session=session, now=now)
    return [] if has_codes else _new_recovery_codes(db, person)


def note_removed(db: Session, person: Staff, kind: str, *, session: str, now: datetime) -> None:
    """What every removal brings with it: recovery codes alone are no second factor, so they go with the last one."""
    if factors.second_factors(db, person).count == 0:
        db.execute(delete(RecoveryCode).where(RecoveryCode.staff_id == person.id))
    record(db, "staff.second_factor_removed", by=person, staff=person.id, kind=kind)
    _tell(db, person, session=session, now=now)


def _new_recovery_codes(db: Session, person: Staff) -> list[str]:
    new = codes.new_recovery_codes()
    db.execute(delete(RecoveryCode).where(RecoveryCode.staff_id == person.id))
    db.add_all(RecoveryCode(staff_id=person.id, digest=codes.recovery_digest(code, person.actor)) for code in new)
    db.flush()
    return new


def _tell(db: Session, person: Staff, *, session: str, now: datetime) -> None:
    revoke_sessions(db, person.actor, now=now, but=session)
    mail_change(db, person, now=now)


def mail_change(db: Session, person: Staff, *, now: datetime) -> None:
    """Mail a person that something on their account changed, never what. An address that takes no mail keeps nobody out."""
    cause = f"account_change:{ids.random_code(20)}"
    with suppress(MailAddressWrong):
        queue_mail(db, Mail(ACCOUNT_CHANGED.name, person.actor, cause, person.email, person.language), now=now)
