"""What staff note of the public directory: a yes that was given on paper, and a no however it came."""

from datetime import datetime

from sqlalchemy.orm import Session

from consult.accounts.models import Staff
from consult.audit import record
from consult.core.db import lock
from consult.stakeholders import rules_directory as rules
from consult.stakeholders.models import Basis, Consent, Protection, Purpose, Stakeholder
from consult.stakeholders.operations import said
from consult.stakeholders.queries_consents import LastAct, newest_noes
from consult.stakeholders.queries_doubles import ids_as_one
from consult.stakeholders.rules_directory import PaperAnswer

CONTACT, STANDING = Purpose.DIRECTORY_CONTACT, Purpose.DIRECTORY


def note_directory(db: Session, entry: Stakeholder, answer: PaperAnswer, *, by: Staff, now: datetime) -> bool:
    """Note what somebody said on paper of standing in the public directory, with their contact or without; or their no.

    Each change is kept as an act, with its day, way and text, and whoever noted it; a no also where it changes nothing, so that no
    older yes publishes them. Returns whether anything was kept: of a no that is known already, nothing is.
    Raises what check_note_directory raises.  Records ``directory.noted`` (stakeholder ref, stands, shows_contact, given_on).
    """
    lock(db, entry)
    noes = newest_noes(db, *ids_as_one(db, entry))
    rules.check_note_directory(entry, answer, noes, now=now)
    shows = answer.stands and answer.shows_contact
    wanted = [(STANDING, answer.stands), (CONTACT, shows)]
    # the contact first where somebody leaves: it is shown of those only who stand there
    changes = [
        (purpose, agrees)
        for purpose, agrees in (wanted if answer.stands else reversed(wanted))
        if said(entry, purpose) is not (Basis.CONSENT if agrees else Basis.NONE)
        or (not agrees and _is_news(answer, noes.get(purpose.value)))
    ]
    for purpose, agrees in changes:
        _keep(db, entry, purpose, answer, agrees=agrees, by=by, now=now)
    if changes:
        given_on = answer.given_on.isoformat()
        record(
            db, "directory.noted", by=by, stakeholder=entry.ref, stands=answer.stands, shows_contact=shows, given_on=given_on
        )  # fmt: skip
    return bool(changes)


def _is_news(answer: PaperAnswer, no: LastAct | None) -> bool:
    return no is None or no.said_on < answer.given_on


def _keep(
    db: Session, entry: Stakeholder, purpose: Purpose, answer: PaperAnswer, *, agrees: bool, by: Staff, now: datetime
) -> None:
    """An act first, then what holds from it: the database publishes nobody without it."""
    db.add(
        Consent(
            stakeholder_id=entry.id,
            purpose=purpose,
            basis=Basis.CONSENT if agrees else Basis.NONE,
            how=answer.how,
            wording=answer.wording,
            by=by.actor,
            at=now,
            given_on=answer.given_on,
        )
    )
    db.flush()
    if purpose is STANDING:
        entry.protection = Protection.PUBLIC if agrees else Protection.STAFF
    else:
        entry.shows_contact = agrees
    entry.updated_at = now
    db.flush()
