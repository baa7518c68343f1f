"""Becoming and ending an officer. The journal names cards by their random reference."""

from collections.abc import Collection
from datetime import date, datetime

from sqlalchemy.orm import Session

from consult.accounts.models import Role, Staff
from consult.audit import record
from consult.core import ids
from consult.core.db import lock, refusing
from consult.custody import queries, rules, rules_sealed, sides
from consult.custody.models import Appointed, Appointment, Officer
from consult.custody.operations_presence import close_call_of, lock_open_call, note_there
from consult.custody.operations_sealed import drop_copies_of
from consult.custody.queries_sealed import is_only_holder
from consult.custody.signed_files import read_card, read_signed, text_of
from consult.custody.waking import wake_exchange

BY_RULE = {
    "officer_appointed_by_rule": rules.OfficersDecide,
    "officer_begins_unappointed": rules.RoleMissing,
    "appointment_is_final": rules.AppointedAlready,
    "ended_officer_stays_ended": rules.EndedAlready,
    "last_officer_stays": rules.LastOfficer,
    "uq_appointment_officer_id_by_id": rules.AppointedAlready,
    "uq_officer_fingerprint": rules.CardOfAnother,
    "uq_officer_now": rules.CardInUse,
}


def hand_in_card(db: Session, signed: str, *, by: Staff, roles: Collection[Role], now: datetime) -> Officer:
    """Take someone's own public card; one that they handed in before and that nobody appointed ends by it.

    Returns it.  Raises FileWrong, CardOfAnother and what check_hand_in_card raises.  Records ``officer.card_handed_in`` (card).
    """
    card = read_card(signed)
    present = queries.officer_of(db, by.id)
    if present is not None and present.fingerprint == card.fingerprint:
        return present  # a second press
    rules.check_hand_in_card(roles, present)
    if present is not None:
        close_call_of(db, present, by=by, now=now)
    with refusing(db, BY_RULE):
        if present is not None:
            present.ended_at = now
            db.flush()
        made = Officer(
            ref=ids.random_code(),
            staff_id=by.id,
            card=card.signed,
            name=card.name,
            institution=card.institution,
            in_ministry=card.in_ministry,
            box=card.box,
            sign=card.sign,
            fingerprint=card.fingerprint,
            handed_in_at=now,
        )
        db.add(made)
    record(db, "officer.card_handed_in", by=by, card=made.ref)
    return made


def appoint_officer(db: Session, officer: Officer, typed: str, *, by: Staff, now: datetime) -> None:
    """Appoint one of the first officers, by the fingerprint typed from paper.

    Raises what check_appoint_officer raises.  Records ``officer.appointed`` (card, how).
    """
    lock(db, officer)
    rules.check_appoint_officer(officer, typed, decide=queries.officers_decide(db))
    appoint(db, officer, Appointed.ADMINISTRATOR, by=by, now=now)


def sign_appointment(
    db: Session, signed: str, *, officer: Officer, paper_on: date | None, by: Staff, now: datetime
) -> Officer:
    """Take an officer's signed word for a newcomer; the second one appoints, or the only officer's with an enrolment on paper.

    Returns the newcomer.  Raises FileWrong and what check_sign_appointment raises.
    Records ``officer.appointment_signed`` (card), and ``officer.appointed`` (card, how, paper_on) where it appoints.
    """
    told = read_signed(signed, "appointment", sides.here(), "", officer)
    card = read_card(text_of(told, "card"))
    note_there(db, by=by, now=now)
    handed_in = [one for one in queries.list_handed_in(db) if one.fingerprint == card.fingerprint]
    if not handed_in:
        raise rules.FileWrong
    newcomer = lock(db, handed_in[0])
    before = queries.signed_for(db, [newcomer.id])[newcomer.id]
    serving = {one.id for one in queries.list_serving(db)}
    rules.check_sign_appointment(
        newcomer,
        officer,
        text_of(told, "fingerprint"),
        serving=len(serving),
        paper_on=paper_on,
        has_signed=officer.id in before,
    )
    with refusing(db, BY_RULE):
        db.add(Appointment(officer_id=newcomer.id, by_id=officer.id, signed=signed, at=now))
    record(db, "officer.appointment_signed", by=by, card=newcomer.ref)
    if len(serving & {*before, officer.id}) >= rules.ENOUGH:
        appoint(db, newcomer, Appointed.OFFICERS, by=by, now=now)
        close_call_of(db, newcomer, by=by, now=now)
    elif len(serving) < rules.ENOUGH:
        appoint(db, newcomer, Appointed.PAPER, paper_on=paper_on, by=by, now=now)
        close_call_of(db, newcomer, by=by, now=now)
    return newcomer


def appoint(
    db: Session, officer: Officer, how: Appointed, *, paper_on: date | None = None, by: Staff, now: datetime
) -> None:
    """Let somebody be an officer from now on, once a rule has said that they may.

    Raises what the database says of it.  Records ``officer.appointed`` (card, how, paper_on).
    """
    with refusing(db, BY_RULE):
        officer.appointed_at, officer.appointed_how, officer.paper_on = now, how, paper_on
    on_paper = {"paper_on": paper_on.isoformat()} if paper_on else {}
    record(db, "officer.appointed", by=by, card=officer.ref, how=how.value, **on_paper)
    wake_exchange(db)


def end_officer(db: Session, officer: Officer, *, by: Staff, now: datetime) -> None:
    """End a card: its owner's own act, or an administrator's before anything was sealed. Its copies of protected entries go.

    Raises what check_end_officer and check_end_holder raise.  Records ``officer.ended`` (card).
    """
    lock_open_call(db)
    lock(db, officer)
    rules.check_end_officer(
        officer,
        serving=len(queries.list_serving(db)),
        is_own=officer.staff_id == by.id,
        decide=queries.officers_decide(db),
    )
    rules_sealed.check_end_holder(is_only_holder(db, officer))
    close_call_of(db, officer, by=by, now=now)
    end(db, officer, by=by, now=now)


def end(db: Session, officer: Officer, *, by: Staff, now: datetime) -> None:
    """Let somebody be an officer no more, once a rule has said that they may. Records ``officer.ended`` (card)."""
    with refusing(db, BY_RULE):
        officer.ended_at = now
    drop_copies_of(db, officer)
    record(db, "officer.ended", by=by, card=officer.ref)
    wake_exchange(db)
