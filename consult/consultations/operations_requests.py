"""Asking to take part, confirming the address, and the one decision."""

from dataclasses import dataclass, replace
from datetime import date, datetime

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from consult.accounts.models import Staff
from consult.audit import record
from consult.consultations import doors, queries_requests
from consult.consultations import rules_requests as rules
from consult.consultations.mails_requests import CONFIRM_REQUEST, REQUEST_ACCEPTED, REQUEST_REFUSED, confirm_token
from consult.consultations.models import Consultation, ConsultationState
from consult.consultations.models_requests import PERSONAL, ParticipationRequest, RefusalReason, RequestState
from consult.core import ids
from consult.core.days import day_in
from consult.core.db import lock, refusing, rows_touched
from consult.mail.messages import MailTemplate
from consult.mail.models import Mail
from consult.mail.operations import queue_mail
from consult.mail.operations_suppressions import lift_by_reader
from consult.stakeholders.entries import Entry
from consult.stakeholders.models import Basis, Stakeholder
from consult.stakeholders.operations import Told, add_stakeholder, change_stakeholder
from consult.stakeholders.queries import left_addresses
from consult.vocabularies import tables

WORDING = "take-part-1"  # the text of the form that they agree to by sending it; a change of the text changes this
TOLD_BY = "request"  # how they told us why we may write
AT_ONCE = 500  # requests that one sweep empties
DECIDED = {"decided_request_never_changes": rules.RequestDecided}


@dataclass(frozen=True, slots=True)
class Promise:
    """Within how many working days a request is decided, counted where the mechanism works."""

    days: int
    weekend: frozenset[int]
    zone: str

    def day(self, now: datetime) -> date:
        """The last day for what arrives now."""
        return rules.day_due(day_in(self.zone, now), self.days, self.weekend)


def ask_to_take_part(
    db: Session, asked: Entry, why: str, *, promise: Promise, consultation_id: int | None, once: str, now: datetime
) -> ParticipationRequest | None:
    """Keep a request; the same form sent twice makes one.

    Returns it, or None where nothing was kept: no more mail goes to this address now, and whoever asks is not told so.
    Raises what check_ask_to_take_part raises.  Where an e-mail address is given, a link goes there before anybody reads it.
    """
    columns = asked.columns()
    rules.check_ask_to_take_part(Stakeholder(**columns))
    key = ids.digest(once)
    known = queries_requests.find_by_key(db, key)
    if known is not None:
        return known
    email = str(columns["email"])
    if email and (left_addresses(db, [email]) or not queries_requests.is_mail_due(db, email.casefold(), now=now)):
        return None
    names = ("kind", "category", "groups", "region", "language", "also_languages", "channel", "name", "email",
             "email_key", "postal_address", "phone", "access_needs")  # fmt: skip
    made = ParticipationRequest(
        ref=ids.random_code(), once=key, consultation_id=consultation_id, wording=WORDING, why=why, created_at=now,
        state=RequestState.UNCONFIRMED, **{name: columns[name] for name in names},
    )  # fmt: skip
    if not email:
        made.state, made.confirmed_at, made.due_on = RequestState.WAITING, now, promise.day(now)
    with refusing(db, {"uq_participation_request_once": rules.SentTwice}):
        db.add(made)
    if email:
        made.digest = ids.digest(confirm_token(made))
        _queue(db, made, CONFIRM_REQUEST, {}, now=now)
    return made


def confirm_request(db: Session, request: ParticipationRequest, *, promise: Promise, now: datetime) -> None:
    """The address is theirs: the secretariat sees the request from now on, and its days begin. A second time nothing happens.

    Mail that had come back stands against the address no more: it works.
    """
    lock(db, request)
    if request.state is not RequestState.UNCONFIRMED:
        return
    request.state, request.confirmed_at, request.due_on = RequestState.WAITING, now, promise.day(now)
    db.flush()
    lift_by_reader(db, request.email, f"request confirmed: {request.ref}", now=now)


def accept_request(
    db: Session, request: ParticipationRequest, entry: Stakeholder | None, *, by: Staff, now: datetime
) -> Stakeholder:
    """Take whoever asked into the registry, as a new entry or (where `entry` is given) joined with one that is there.

    Joined, what was empty there is filled and what differs stays. The act of consent names the text of the form. Where they
    asked from the page of a consultation that goes on, they take part in it as invited from now on, and are reminded.
    Returns the entry.  Raises RequestNotConfirmed, RequestDecided, EntryOfAnotherKind and what add_stakeholder raises.
    Records ``request.accepted`` (request ref, stakeholder ref, joined).
    """
    lock(db, request)
    rules.check_decide_request(request)
    told = Told(TOLD_BY, request.wording)
    if entry is None:
        entry = add_stakeholder(db, _asked(request), by=by, now=now, told=told)
    else:
        rules.check_join_request(request, lock(db, entry))
        change_stakeholder(db, entry, _completed(entry, request), by=by, now=now, told=told)
        request.joined = True
    request.state, request.stakeholder_id = RequestState.ACCEPTED, entry.id
    request.decided_at, request.decided_by = now, by.actor
    with refusing(db, DECIDED):
        pass
    participant = None
    consultation = db.get(Consultation, request.consultation_id) if request.consultation_id else None
    if consultation is not None and consultation.state is ConsultationState.OPEN:
        participant = doors.admit_stakeholder(db, consultation, entry, now=now)
        # A yes is an invitation, and holds whatever becomes of another: who gave it stands in the request.
        participant.invite(now, by=request.person_ref)
        doors.door_of(db, participant)
    _queue(db, request, REQUEST_ACCEPTED, {"participant": participant.id if participant else None}, now=now)
    joined = request.joined
    record(db, "request.accepted", by=by, request=request.ref, stakeholder=entry.ref, joined=joined)
    return entry


def _asked(request: ParticipationRequest) -> Entry:
    return Entry(
        kind=request.kind,
        name=request.name,
        category=request.category,
        language=request.language,
        email=request.email,
        groups=tuple(code for code in request.group_codes if code in tables.groups()),  # others are in no list since
        basis=Basis.CONSENT,
        region=request.region,
        also_languages=tuple(request.also_language_codes),
        channel=request.channel,
        postal_address=request.postal_address,
        phone=request.phone,
        access_needs=request.access_needs,
    )


def _completed(entry: Stakeholder, request: ParticipationRequest) -> Entry:
    known, asked = Entry.of(entry), _asked(request)
    empty = {
        name: getattr(asked, name)
        for name in ("email", "region", "postal_address", "phone", "access_needs", "channel", "groups")
        if not getattr(known, name)
    }
    return replace(known, **empty, basis=Basis.CONSENT if known.basis is Basis.NONE else known.basis)


def refuse_request(
    db: Session,
    request: ParticipationRequest,
    reason: RefusalReason,
    words: str,
    *,
    operator: str,
    by: Staff,
    now: datetime,
) -> None:
    """Say no, with a reason and words. `operator` is how the secretariat is reached, for complaints.

    Raises RefusalWithoutWords, RequestNotConfirmed, RequestDecided.  Records ``request.refused`` (request ref, reason).
    """
    rules.check_refuse_request(words)
    lock(db, request)
    rules.check_decide_request(request)
    request.state, request.reason, request.words = RequestState.REFUSED, reason, words
    request.decided_at, request.decided_by = now, by.actor
    with refusing(db, DECIDED):
        pass
    _queue(db, request, REQUEST_REFUSED, {"operator": operator}, now=now)
    record(db, "request.refused", by=by, request=request.ref, reason=reason.value)


def _queue(
    db: Session, request: ParticipationRequest, template: MailTemplate, more: dict[str, object], *, now: datetime
) -> None:
    """A mail about a request, if there is an address: to that of the request itself, whichever an entry has."""
    if request.email:
        parameters = {"request": request.id, **more}
        mail = Mail(template.name, request.person_ref, request.person_ref, request.email, request.language, parameters)
        queue_mail(db, mail, now=now)


def erase_request(db: Session, request: ParticipationRequest, *, now: datetime) -> None:
    """Empty what is personal in a decided request, once; the decision and its reason stay."""
    lock(db, request)
    if request.erased_at is not None or request.decided_at is None:
        return
    for name in PERSONAL:
        setattr(request, name, "")
    request.erased_at = now
    db.flush()


def sweep_requests(db: Session, *, now: datetime) -> int:
    """Delete what nobody confirmed in time, and empty what was decided a year ago. Returns how many it touched."""
    r = ParticipationRequest
    unconfirmed = delete(r).where(r.state == RequestState.UNCONFIRMED, r.created_at <= now - rules.LINK_LASTS)
    gone = rows_touched(db.execute(unconfirmed, execution_options={"synchronize_session": False}))
    old = select(r).where(r.decided_at <= now - rules.KEPT_FOR, r.erased_at.is_(None)).order_by(r.id).limit(AT_ONCE)
    over = list(db.scalars(old))
    for request in over:
        erase_request(db, request, now=now)
    return gone + len(over)
