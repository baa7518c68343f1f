"""Reads of the exchange: batches, results, and how far a round is."""

from datetime import date, datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from consult.consultations.models import Consultation
from consult.rounds.models import Channel, Comment, Round
from consult.safe_desk.models import Batch, DeskResult, ExchangeFault, NamelessRound, SafeReport
from consult.safe_desk.rules import Standing, standing_of

DESTROY_AFTER = timedelta(days=90)  # from the day the report goes to the mechanism; reference safe.md 3.9


def last_batch(db: Session, consultation_id: int) -> int:
    """The number of the newest batch taken; 0 where there is none."""
    return db.scalar(select(func.max(Batch.number)).where(Batch.consultation_id == consultation_id)) or 0


def list_batches(db: Session, consultation_id: int) -> list[Batch]:
    """All batches of a consultation, oldest first."""
    return list(db.scalars(select(Batch).where(Batch.consultation_id == consultation_id).order_by(Batch.number)))


def newest_batch(db: Session, consultation_id: int) -> Batch | None:
    """The newest batch of a consultation."""
    query = select(Batch).where(Batch.consultation_id == consultation_id)
    return db.scalars(query.order_by(Batch.number.desc()).limit(1)).one_or_none()


def last_report(db: Session, consultation_id: int) -> int:
    """The number of the newest report of safe that was taken; 0 where there is none."""
    return db.scalar(select(func.max(SafeReport.number)).where(SafeReport.consultation_id == consultation_id)) or 0


def newest_result(db: Session, consultation_id: int) -> DeskResult | None:
    """The newest result of the officers."""
    query = select(DeskResult).where(DeskResult.consultation_id == consultation_id)
    return db.scalars(query.order_by(DeskResult.number.desc()).limit(1)).one_or_none()


def newest_fault(db: Session, consultation_id: int) -> ExchangeFault | None:
    """The last file in safe's folder that was not taken."""
    query = select(ExchangeFault).where(ExchangeFault.consultation_id == consultation_id)
    return db.scalars(query.order_by(ExchangeFault.id.desc()).limit(1)).one_or_none()


def nameless_rounds(db: Session, consultation_id: int) -> list[Round]:
    """The rounds of a consultation that take comments without a name, newest first."""
    query = select(Round).where(Round.consultation_id == consultation_id, Round.takes_nameless)
    return list(db.scalars(query.order_by(Round.number.desc())))


def covers(db: Session, consultation_id: int, manifest: int | None, batches: int) -> bool:
    """Whether one of the first `batches` was released when safe knew a manifest of this number."""
    if manifest is None:
        return False
    query = select(Batch.id).where(
        Batch.consultation_id == consultation_id, Batch.number <= batches, Batch.manifest >= manifest
    )
    return db.scalar(query.limit(1)) is not None


def find_standing(db: Session, round_: Round, *, now: datetime) -> Standing:
    """How far a round is on its way to the report, as far as comments without a name are concerned."""
    if not round_.takes_nameless:
        return Standing.NONE
    found = db.get(NamelessRound, round_.id)
    return standing_of(found or NamelessRound(round_id=round_.id), is_closed=round_.closes_at <= now, now=now)


def find_nameless(db: Session, consultation_id: int, refs: list[str]) -> list[Comment]:
    """The released comments of these numbers in a consultation."""
    query = (
        select(Comment)
        .join(Round, Round.id == Comment.round_id)
        .where(Round.consultation_id == consultation_id, Comment.channel == Channel.SAFE, Comment.ref.in_(refs))
    )
    return list(db.scalars(query))


def destroy_after(consultation: Consultation) -> date | None:
    """The day until when sealed letters are kept; None as long as the report was neither sent to the mechanism nor given up."""
    given_up = consultation.archived_at.date() if consultation.archived_at else None
    begin = consultation.submitted_on or given_up
    return begin + DESTROY_AFTER if begin else None
