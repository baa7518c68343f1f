"""Entering on somebody's behalf what came by letter, by telephone, by e-mail or in a meeting."""

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy.orm import Session

from consult.accounts.models import Staff
from consult.audit import record
from consult.consultations import doors
from consult.consultations.doors import Entered
from consult.consultations.models import Consultation, Participant
from consult.core import ids
from consult.core.db import lock, refusing
from consult.mailings.models_leaving import LeavingScope, LeavingWay
from consult.mailings.operations_leaving import leave_mails
from consult.rounds import queries, rules, rules_entered
from consult.rounds.models import REF_LENGTH, WHOLE, Channel, Comment, Round
from consult.rounds.models_entered import EnteredComment
from consult.rounds.operations import Remark, SentAlready, new_participant
from consult.rounds.queries import Quoted


@dataclass(frozen=True, slots=True)
class Arrival:
    """How and when something came."""

    channel: Channel | None  # None = not chosen yet
    arrived_on: date | None
    posted_on: date | None


def enter_comment(
    db: Session,
    consultation: Consultation,
    round_: Round,
    quoted: Quoted | None,
    remark: Remark,
    arrival: Arrival,
    *,
    participant: Participant | None,
    once: str,
    by: Staff,
    now: datetime,
) -> Comment:
    """Take a comment that came in another way, for whoever said it; without a participant the remark makes one.

    Returns it; for a form that is sent twice, the comment it made the first time. No mail goes out.
    Raises what check_enter_comment, check_audience, check_comment and check_consent raise; AnsweredInFull once a final report
    on the round is out.
    Records ``comment.entered`` (slug, comment ref, channel).
    """
    if participant is not None:
        lock(db, participant)
    lock(db, round_)
    key = ids.digest(f"entered:{once}")
    before = queries.find_by_once(db, key)
    if before is not None:
        return before
    rules_entered.check_enter_comment(
        round_, arrival.channel, arrival.arrived_on, arrival.posted_on, zone=consultation.time_zone, now=now
    )
    rules.check_audience(round_, participant)
    rules.check_comment(remark.text, "", "")
    rules.check_consent(
        remark.consent,
        name=remark.name,
        organisation=remark.organisation,
        category=remark.category,
        is_protected=participant is not None and participant.is_protected,
    )
    participant = participant or new_participant(db, round_, remark, now=now)
    made = Comment(
        ref=ids.random_code(REF_LENGTH),
        round_id=round_.id,
        version_id=round_.version_id,
        paragraph_key=quoted.key if quoted else None,
        paragraph_ref=quoted.ref if quoted else WHOLE,
        quoted_text=quoted.text if quoted else "",
        language=remark.language,
        text=remark.text,
        suggestion="",
        evidence="",
        consent=remark.consent,
        channel=arrival.channel,
        participant_id=participant.id,
        received_at=now,
        once=key,
    )
    with refusing(db, {"uq_comment_once": SentAlready}):
        db.add(made)
    entered = EnteredComment(
        comment_id=made.id, entered_by=by.actor, arrived_on=arrival.arrived_on, posted_on=arrival.posted_on
    )
    with refusing(db, rules_entered.REFUSALS):
        db.add(entered)
    record(db, "comment.entered", by=by, consultation=consultation.slug, comment=made.ref, channel=made.channel.value)
    return made


def leave_on_behalf(
    db: Session,
    consultation: Consultation,
    participant: Participant,
    scope: LeavingScope,
    *,
    channel: Channel,
    by: Staff,
    now: datetime,
) -> None:
    """Write and call no more, because somebody said so in another way than by the link of a mail.

    Raises ChannelMissing.  Records ``participant.left_on_behalf`` (slug, participant ref, scope, channel).
    """
    rules_entered.check_channel(channel)
    door = doors.door_of(db, participant)
    leaver = Entered(door, participant, consultation)
    leave_mails(db, leaver, scope, way=LeavingWay.STAFF, how=channel.value, now=now)
    db.flush()
    record(
        db, "participant.left_on_behalf", by=by, consultation=consultation.slug, participant=participant.ref,
        scope=scope.value, channel=channel.value,
    )  # fmt: skip
