"""Reads of what the calendar tells: column rows, four queries at most, however many consultations there are."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session, aliased

from consult.consultations.models import Consultation, ConsultationState
from consult.core.days import begins_at, day_of
from consult.mailings.models import Announcement
from consult.reports.models import Report
from consult.rounds.mails import cause_of_extension
from consult.rounds.models import Round
from consult.site.calendar import (
    Entry,
    Of,
    ToldRound,
    entries_of_round,
    entry_of_due_date,
    entry_of_report,
    in_order,
)

KEPT = timedelta(days=2 * 366)  # how long what is over stays in the calendar of all; in a consultation's own it stays

_c = Consultation
_OF = (_c.id, _c.slug, _c.title, _c.time_zone, _c.calendar_changes, _c.calendar_changed_at)


def list_entries(db: Session, *, now: datetime) -> list[Entry]:
    """All that is to come, and what was in the last two years, of every consultation that the public may see, by time."""
    since = day_of(now) - KEPT
    instant = begins_at(since)
    rounds = _rounds(db, Round.closes_at >= instant)
    found = [*rounds, *_due_dates(db, _c.due_on >= since), *_reports(db, Report.published_at >= instant)]
    return in_order(one for one in found if one.day >= since)


def list_entries_of(db: Session, consultation_id: int) -> list[Entry]:
    """All entries of a consultation, by time; none while it is being prepared."""
    own = _c.id == consultation_id
    return in_order([*_rounds(db, own), *_due_dates(db, own), *_reports(db, own)])


def _rounds(db: Session, which: ColumnElement[bool]) -> Iterator[Entry]:
    r, other = Round, aliased(Round)
    newest = select(func.max(other.number)).where(other.consultation_id == r.consultation_id).correlate(r)
    query = select(*_OF, r.id, r.number, r.audience, r.opens_at, r.closes_at, r.extensions, newest.scalar_subquery())
    rows = _public(db, query.join(r, r.consultation_id == _c.id).where(which))
    extended = _extended_at(db, [cause_of_extension(row[6], row[11]) for row in rows if row[11]])
    for row in rows:
        round_id, number, audience, opens_at, closes_at, extensions, newest_number = row[6:]
        last = extended.get(cause_of_extension(round_id, extensions))
        told = ToldRound(number, audience, opens_at, closes_at, extensions, last, number == newest_number)
        yield from entries_of_round(Of(*row[:6]), told)


def _extended_at(db: Session, causes: list[str]) -> dict[str, datetime]:
    """When rounds were extended: the news of it to participants was written in the same transaction."""
    if not causes:
        return {}
    query = select(Announcement.cause, Announcement.made_at).where(Announcement.cause.in_(causes))
    return {row[0]: row[1] for row in db.execute(query)}


def _due_dates(db: Session, which: ColumnElement[bool]) -> Iterator[Entry]:
    query = select(*_OF, _c.due_on, _c.due_changes, _c.due_changed_at).where(_c.due_on.is_not(None), which)
    for row in _public(db, query):
        yield entry_of_due_date(Of(*row[:6]), row[6], changes=row[7], changed_at=row[8])


def _reports(db: Session, which: ColumnElement[bool]) -> Iterator[Entry]:
    query = select(*_OF, Report.number, Report.published_at).join(Report, Report.consultation_id == _c.id).where(which)
    for row in _public(db, query):
        yield entry_of_report(Of(*row[:6]), row[6], row[7])


def _public(db: Session, query: Any) -> Sequence[Any]:
    """The rows of what the public may see."""
    rows: Sequence[Any] = db.execute(query.where(_c.state != ConsultationState.PREPARING)).all()
    return rows
