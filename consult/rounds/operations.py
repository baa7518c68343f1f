"""Opening and extending rounds; taking and withdrawing comments."""

import json
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from consult.accounts.models import Staff
from consult.accounts.operations import revoke_sessions
from consult.audit import record
from consult.consultations import doors
from consult.consultations.models import COMMENTS, NAMELESS, Consultation, ConsultationState, Participant, Window
from consult.core import ids
from consult.core.db import lock, refusing
from consult.core.i18n import _l
from consult.core.refusals import Refused
from consult.core.texts import Texts
from consult.custody.operations_keys import begin_use
from consult.custody.waking import wake_exchange
from consult.drafts.models import DraftVersion, VersionState
from consult.drafts.operations import publish_version
from consult.drafts.reading_language import language_written
from consult.mail.models import Mail
from consult.mail.operations import queue_mails
from consult.mailings.operations_announcements import announce
from consult.rounds import queries, rules
from consult.rounds.mails import PERSONAL_LINK, ROUND_EXTENDED, cause_of_extension
from consult.rounds.models import REF_LENGTH, UNDATED, WHOLE, Audience, Channel, Comment, Consent, Round
from consult.rounds.queries import Quoted
from consult.stakeholders.rules import checked_address


class SentAlready(Refused):
    """The form of somebody else, or the same twice at once: the first sending counts."""

    message = _l("This form was sent already. Open the paragraph again to write another comment.")
    status = 409


@dataclass(frozen=True, slots=True)
class Remark:
    """What a form says: the comment, who says it, and what may be published."""

    text: str
    suggestion: str
    evidence: str
    name: str
    organisation: str
    category: str
    email: str
    consent: Consent | None  # None = not chosen yet, in what is kept for later
    language: str


def open_round(
    db: Session,
    consultation: Consultation,
    version: DraftVersion | None,
    *,
    closes_at: datetime,
    audience: Audience,
    questions: Texts,
    takes_nameless: bool = False,
    by: Staff,
    now: datetime,
) -> Round:
    """Open a round on a version, now; a version in preparation is published by it, for its audience only if that is invited.

    Whether it takes comments without a name is said here, once.
    Returns it.  Raises what check_open_round and check_publish_version raise, and for comments without a name
    check_take_nameless and custody's check_begin_use.  Records ``round.opened`` (slug, number, version number, nameless).
    """
    lock(db, consultation)
    latest = queries.latest_round(db, consultation.id)
    is_public = consultation.state is ConsultationState.OPEN
    rules.check_open_round(latest, version, audience=audience, closes_at=closes_at, is_public=is_public, now=now)
    if version is None:
        raise rules.DraftMissing  # checked above; said again for the type
    host = _begin_nameless(db, consultation, audience, now=now) if takes_nameless else None
    if version.state is not VersionState.PUBLISHED:
        publish_version(db, consultation, version, is_public=audience is not Audience.INVITED, by=by, now=now)
    made = Round(
        consultation_id=consultation.id,
        number=latest.number + 1 if latest else 1,
        version_id=version.id,
        opens_at=now,
        closes_at=closes_at,
        audience=audience,
        questions=questions,
        takes_nameless=takes_nameless,
        safe_host=host,
    )
    with refusing(db, {"uq_round_consultation_id_number": rules.RoundOpenAlready}):
        db.add(made)
    when = {"consultation_id": consultation.id, "number": made.number, "opens_at": now, "closes_at": closes_at}
    db.add(Window(what=COMMENTS, for_whom=None if audience is Audience.PUBLIC else audience.value, **when))
    if takes_nameless:
        db.add(Window(what=NAMELESS, for_whom=None, **when))
    consultation.revision += 1
    db.flush()
    record(
        db,
        "round.opened",
        by=by,
        consultation=consultation.slug,
        number=made.number,
        version=version.number,
        nameless=takes_nameless,
    )
    return made


def _begin_nameless(db: Session, consultation: Consultation, audience: Audience, *, now: datetime) -> str:
    rules.check_take_nameless(audience)
    return begin_use(db, consultation, now=now).between.host


def extend_round(
    db: Session, consultation: Consultation, round_: Round, *, closes_at: datetime, by: Staff, now: datetime
) -> None:
    """Give people more time; the public page says so, and every participant gets a mail.

    Raises RoundOver, ClosingEarlier.  Records ``round.extended`` (slug, number).
    """
    lock(db, consultation)
    lock(db, round_)
    rules.check_extend_round(round_, closes_at=closes_at, now=now)
    round_.closes_at = closes_at
    round_.extensions += 1
    windows = db.query(Window).filter_by(consultation_id=consultation.id, number=round_.number)
    for window in windows.filter(Window.what.in_((COMMENTS, NAMELESS))):
        window.closes_at = closes_at
    consultation.revision += 1
    db.flush()
    record(db, "round.extended", by=by, consultation=consultation.slug, number=round_.number)
    cause = cause_of_extension(round_.id, round_.extensions)
    if round_.takes_nameless:
        wake_exchange(db)
    announce(db, consultation.id, ROUND_EXTENDED.name, cause, doors.with_address(consultation.id), now=now)


def mail_personal_link(db: Session, participant: Participant, *, is_new: bool = False, now: datetime) -> None:
    """Mail a participant the personal link, each at most once an hour; nothing where we may not write to them.

    One who `is_new` has no door yet, so none is looked for.
    """
    address = doors.mail_address(db, participant)
    if address is None:
        return
    door = doors.make_door(db, participant) if is_new else doors.door_of(db, participant)
    mail = Mail(
        template=PERSONAL_LINK.name,
        person=participant.person_ref,
        cause=f"personal_link:{door.generation}:{now:%Y-%m-%dT%H}",
        address=address[0],
        language=address[1],
        parameters={"participant": participant.id},
    )
    queue_mails(db, [mail], now=now)


def ask_for_link(db: Session, consultation: Consultation, email: str, *, now: datetime) -> None:
    """Mail a personal link to an address: to all who take part with it, and in a round for the registry to its stakeholder.

    Says nothing of whether the address is known: neither does the page.  Raises AddressWrong for what is no address.
    """
    email = checked_address(email)
    found = doors.list_by_address(db, consultation, email)
    latest = queries.latest_round(db, consultation.id)
    if latest is not None and latest.audience is Audience.REGISTERED and not any(one.stakeholder_id for one in found):
        entry = doors.find_registered(db, email)
        found = [*([doors.admit_stakeholder(db, consultation, entry, now=now)] if entry else []), *found]
    for participant in found:
        mail_personal_link(db, participant, now=now)


def replace_link(
    db: Session, consultation: Consultation, participant: Participant, *, by: Staff, now: datetime
) -> None:
    """Make a personal link that got into other hands lead nowhere, end the visits it opened, and mail a new one.

    Where we may not write, no mail goes out.  Records ``participant.link_replaced`` (slug, participant ref).
    """
    renew_link(db, participant, now=now)
    record(db, "participant.link_replaced", by=by, consultation=consultation.slug, participant=participant.ref)


def renew_link(db: Session, participant: Participant, *, now: datetime) -> None:
    """The same; whoever calls records who did it. A new link to a protected one is prepared for an officer."""
    doors.replace_door(db, participant)
    revoke_sessions(db, participant.person_ref, now=now)
    mail_personal_link(db, participant, now=now)


def withdraw_comment(db: Session, comment: Comment, *, now: datetime) -> None:
    """Take a comment back: its words are gone for good. Raises WithdrawnAlready. Nothing is recorded: it is its author's act."""
    lock(db, comment)
    rules.check_withdraw_comment(comment.withdrawn_at)
    comment.text = comment.suggestion = comment.evidence = ""
    comment.withdrawn_at = UNDATED if comment.channel is Channel.SAFE else now
    db.flush()


def check_remark(
    round_: Round, quoted: Quoted | None, remark: Remark, participant: Participant | None, *, now: datetime
) -> str:
    """Ask every rule that sending asks. Returns the suggested wording, "" where nothing was changed.

    Raises what check_send_comment, check_audience, check_comment and check_consent raise.
    """
    rules.check_send_comment(round_, now=now)
    rules.check_audience(round_, participant)
    suggestion = remark.suggestion if quoted and remark.suggestion != quoted.text else ""
    rules.check_comment(remark.text, suggestion, remark.evidence)
    rules.check_consent(
        remark.consent,
        name=remark.name,
        organisation=remark.organisation,
        category=remark.category,
        is_protected=participant is not None and participant.is_protected,
    )
    if remark.email:
        checked_address(remark.email)
    return suggestion


def send_comment(
    db: Session,
    round_: Round,
    quoted: Quoted | None,
    remark: Remark,
    *,
    participant: Participant | None = None,
    version_id: int | None = None,
    once: str,
    now: datetime,
) -> Comment:
    """Take a comment on a paragraph (or, without one, on the whole draft), with the text as its author saw it.

    `version_id` is the version they saw, where it is not the round's; without a participant the remark makes one.
    Returns it; for a form that is sent twice, the comment it made the first time. One that was changed in between (back in the
    browser, other words) makes another comment, so that no word is lost.  Raises what check_send_comment, check_audience,
    check_comment and check_consent raise, and SentAlready for the form of somebody else.
    Nothing is recorded: participants are not in the journal.
    """
    if participant is not None:
        lock(
            db, participant
        )  # first, and then the round: who keeps and sends comments does it in this order everywhere
    lock(db, round_)
    key = _key(once, quoted, remark)
    before = queries.find_by_once(db, key)  # also one of a moment ago, which the lock has waited for
    if before is not None:
        return _own(db, before, participant)
    suggestion = check_remark(round_, quoted, remark, participant, now=now)
    participant = participant or new_participant(db, round_, remark, now=now)
    made = Comment(
        ref=ids.random_code(REF_LENGTH),
        round_id=round_.id,
        version_id=version_id or round_.version_id,
        paragraph_key=quoted.key if quoted else None,
        paragraph_ref=quoted.ref if quoted else WHOLE,
        quoted_text=quoted.text if quoted else "",
        language=language_written(remark.text or suggestion, remark.language),
        text=remark.text,
        suggestion=suggestion,
        evidence=remark.evidence,
        consent=remark.consent,
        channel=Channel.SITE,
        participant_id=participant.id,
        received_at=now,
        once=key,
    )
    with refusing(db, {"uq_comment_once": SentAlready}):
        db.add(made)
    return made


def _key(once: str, quoted: Quoted | None, remark: Remark) -> bytes:
    """The same for the same form with the same words by someone of the same name: a second press, and nothing else."""
    said = (remark.name, remark.organisation, remark.category, remark.text, remark.suggestion, remark.evidence)
    return ids.digest(json.dumps([once, quoted.ref if quoted else WHOLE, *said, str(remark.consent)]))


def _own(db: Session, comment: Comment, participant: Participant | None) -> Comment:
    """A comment that was sent before, for its author only. Raises SentAlready for everyone else who knows the form's key."""
    author = db.get(Participant, comment.participant_id)
    is_visitor = participant is None and author is not None and author.stakeholder_id is None
    if not is_visitor and (participant is None or author is None or author.id != participant.id):
        raise SentAlready
    return comment


def new_participant(db: Session, round_: Round, remark: Remark, *, now: datetime) -> Participant:
    """Someone who comments under a name they give. Where they give an address too, a link goes there, which confirms it."""
    email = checked_address(remark.email) if remark.email else ""
    made = Participant(
        ref=ids.random_code(),
        consultation_id=round_.consultation_id,
        name=remark.name,
        organisation=remark.organisation,
        category=remark.category,
        email=email,
        language=remark.language,
        created_at=now,
    )
    db.add(made)
    db.flush()
    if email and doors.is_link_due(db, email, now=now):
        mail_personal_link(db, made, is_new=True, now=now)
    return made
