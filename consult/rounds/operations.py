"""Opening and extending rounds; taking and withdrawing comments."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from consult.accounts.models import Staff
from consult.audit import record
from consult.consultations.models import Consultation, Participant, Window
from consult.core import ids
from consult.core.db import lock, refusing
from consult.core.refusals import Refused
from consult.core.texts import Texts
from consult.drafts.models import DraftVersion, VersionState
from consult.rounds import queries, rules
from consult.rounds.models import WHOLE, Channel, Comment, Consent, Round
from consult.rounds.queries import Quoted


class SentAlready(Refused):
    """The same form twice: the first sending counts."""

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
    consent: Consent
    language: str


def open_round(
    db: Session,
    consultation: Consultation,
    version: DraftVersion,
    *,
    closes_at: datetime,
    questions: Texts,
    by: Staff,
    now: datetime,
) -> Round:
    """Open a round on a published version, now.

    Returns it.  Raises what check_open_round raises.  Records ``round.opened`` (slug, number, version number).
    """
    lock(db, consultation)
    latest = queries.latest_round(db, consultation.id)
    is_published = version.state is VersionState.PUBLISHED
    rules.check_open_round(latest, closes_at=closes_at, is_published=is_published, now=now)
    made = Round(
        consultation_id=consultation.id,
        number=latest.number + 1 if latest else 1,
        version_id=version.id,
        opens_at=now,
        closes_at=closes_at,
        questions=questions,
    )
    with refusing(db, {"uq_round_consultation_id_number": rules.RoundOpenAlready}):
        db.add(made)
    db.add(
        Window(consultation_id=consultation.id, what="comments", number=made.number, opens_at=now, closes_at=closes_at)
    )
    consultation.revision += 1
    db.flush()
    record(db, "round.opened", by=by, consultation=consultation.slug, number=made.number, version=version.number)
    return made


def extend_round(db: Session, consultation: Consultation, round_: Round, *, closes_at: datetime, by: Staff) -> None:
    """Give people more time. Raises ClosingEarlier. Records ``round.extended`` (slug, number)."""
    lock(db, round_)
    rules.check_extend_round(round_, closes_at=closes_at)
    round_.closes_at = closes_at
    window = db.query(Window).filter_by(consultation_id=consultation.id, what="comments", number=round_.number).one()
    window.closes_at = closes_at
    consultation.revision += 1
    db.flush()
    record(db, "round.extended", by=by, consultation=consultation.slug, number=round_.number)


def send_comment(
    db: Session, round_: Round, quoted: Quoted | None, remark: Remark, *, once: str, now: datetime
) -> Comment:
    """Take a comment on a paragraph (or, without one, on the whole draft), with the text as its author saw it.

    Returns it; for a key that was used already, the comment it made then.  Raises what check_send_comment, check_comment and
    check_consent raise.  Nothing is recorded: participants are not in the journal.
    """
    if (before := queries.find_by_once(db, once)) is not None:
        return before
    rules.check_send_comment(lock(db, round_), now=now)
    suggestion = remark.suggestion if quoted and remark.suggestion != quoted.text else ""
    rules.check_comment(remark.text, suggestion, remark.evidence)
    rules.check_consent(remark.consent, name=remark.name, organisation=remark.organisation, category=remark.category)
    participant = Participant(
        ref=ids.random_code(),
        consultation_id=round_.consultation_id,
        name=remark.name,
        organisation=remark.organisation,
        category=remark.category,
        email=remark.email,
        language=remark.language,
        created_at=now,
    )
    db.add(participant)
    db.flush()
    made = Comment(
        ref=ids.random_code(8),
        round_id=round_.id,
        version_id=round_.version_id,
        paragraph_key=quoted.key if quoted else None,
        paragraph_ref=quoted.ref if quoted else WHOLE,
        quoted_text=quoted.text if quoted else "",
        language=remark.language,
        text=remark.text,
        suggestion=suggestion,
        evidence=remark.evidence,
        consent=remark.consent,
        channel=Channel.SITE,
        participant_id=participant.id,
        received_at=now,
        once=ids.digest(once),
    )
    with refusing(db, {"uq_comment_once": SentAlready}):
        db.add(made)
    return made
